import type { BridgeLogFields, FromBridge } from '../messages/bridge-messages.ts'
import { runningMs } from '../schedule/clock.ts'
import { nextStepOf } from './next-step.ts'

type LogMessage = Extract<FromBridge, { type: 'log' }>

const windowMs = 60_000
const linesPerWindow = 10

/** What the bridge tells the daemon's log. What anybody can cause is logged ten times a minute at most. */
export class EventLog {
  readonly #send: (message: LogMessage) => void
  readonly #windows = new Map<string, { endsAt: number; lines: number; untold: number }>()

  constructor(send: (message: LogMessage) => void) {
    this.#send = send
  }

  /** A line that is always wanted. */
  info(event: string, fields: BridgeLogFields): void {
    this.#send({ type: 'log', level: 'info', event, fields })
  }

  /**
   * A line of which there may be too many: those left out are counted by the next one. `about` is counted
   * apart: what only a few can cause is not to be lost among what everybody can.
   */
  warn(event: string, fields: BridgeLogFields, about = ''): void {
    this.#limited('warn', event, fields, about)
  }

  /** A line for who looks for the reason of something: of it there are no more than of a warning. */
  debug(event: string, fields: BridgeLogFields): void {
    this.#limited('debug', event, fields, '')
  }

  #limited(level: 'debug' | 'warn', event: string, fields: BridgeLogFields, about: string): void {
    const now = runningMs()
    const key = `${event} ${about}`
    let window = this.#windows.get(key)
    if (window === undefined || window.endsAt <= now) {
      const untold = window?.untold ?? 0
      if (untold > 0) this.#tell(level, `${event}_more`, { count: untold })
      window = { endsAt: now + windowMs, lines: 0, untold: 0 }
      this.#windows.set(key, window)
    }
    if (window.lines >= linesPerWindow) window.untold += 1
    else this.#tell(level, event, fields)
    window.lines += 1
  }

  #tell(level: LogMessage['level'], event: string, fields: BridgeLogFields): void {
    const { reason = '', hint = nextStepOf(reason) } = fields
    const all = hint === '' ? fields : { ...fields, hint }
    this.#send({ type: 'log', level, event, fields: all })
  }
}
