import type { EventLog } from './event-log.ts'
import type { Remote } from './remote.ts'

/** No more addresses are remembered: all are forgotten then, and reported again. */
const most = 1_000

/** Who connects from outside of "networks": each address is reported once. */
export class Strangers {
  readonly #log: EventLog
  readonly #reported = new Set<string>()

  constructor(log: EventLog) {
    this.#log = log
  }

  /** Tells of one, unless it was reported before. */
  report({ address = '' }: Remote): void {
    if (this.#reported.has(address)) return
    if (this.#reported.size >= most) this.#reported.clear()
    this.#reported.add(address)
    this.#log.warn('bridge.stray', { address, reason: 'it is not in "networks"' })
  }
}
