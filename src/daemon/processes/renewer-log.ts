import type { ChildSignal } from '../../messages/child-signals.ts'
import type { Log } from '../../logging/log.ts'
import type { FleetEvent, FleetNews, UnsavedGrant } from '../../messages/renewer-messages.ts'
import type { HeldByRenewer } from './held-by-renewer.ts'

/** What is a warning of what happens to records that hosts share. */
const troubles: ReadonlySet<FleetEvent> = new Set([
  'ambiguous',
  'escrowed',
  'lease_too_short',
  'not_shared',
  'takeover',
])

/** What the daemon's log says of one renewer process. */
export class RenewerLog {
  readonly #log: Log
  readonly #pid: { pid?: number }
  readonly #waitedFor = new Set<string>()

  constructor(log: Log, pid: number | undefined) {
    this.#log = log
    this.#pid = pid === undefined ? {} : { pid }
  }

  started(): void {
    this.#log.debug('renewer.started', this.#pid)
  }

  killed(): void {
    this.#log.error('renewer.killed', { ...this.#pid, reason: 'no heartbeat' })
  }

  /** It waits for a lock or a key. */
  waits(reason: string): void {
    this.#log.warn('store.waiting', { ...this.#pid, reason })
  }

  /** Something happened to a record that hosts share. */
  fleet({ event, ...fields }: FleetNews): void {
    const isTrouble = troubles.has(event)
    this.#log[isTrouble ? 'warn' : 'info'](`fleet.${event}`, { ...this.#pid, ...fields })
  }

  /** It has sent a message of another form than was agreed on. */
  misunderstood(reason: string): void {
    this.#log.error('renewer.message_refused', { ...this.#pid, reason })
  }

  caught({ report, user }: Extract<ChildSignal, { type: 'crash' }>): void {
    const { kind, code, frames } = report
    this.#log.error('renewer.exception_caught', {
      ...this.#pid,
      reason: kind,
      stack: frames.join(' '),
      ...(code === undefined ? {} : { code }),
      ...(user === undefined ? {} : { user }),
    })
  }

  /** Its daemon stops, and waits for it because of these accounts; each reason is reported once. */
  delays({ exchanges, unsaved }: Pick<HeldByRenewer, 'exchanges' | 'unsaved'>): void {
    for (const user of exchanges) this.#tellDelay(user, 'its provider may still answer')
    for (const { user } of unsaved) this.#tellDelay(user, 'the disk has not taken its sign-in yet')
  }

  /** It is gone, having been asked to or with nothing to do. */
  ended(reason: string): void {
    this.#log.debug('renewer.ended', { ...this.#pid, reason })
  }

  /** It is gone with so many jobs under way. */
  crashed(reason: string, lostJobs: number): void {
    this.#log.error('renewer.crashed', { ...this.#pid, reason, count: lostJobs })
  }

  /** It is gone, and the disk has not taken these. */
  leaves(unsaved: Iterable<UnsavedGrant>): void {
    for (const { user, isAside } of unsaved) {
      this.#log.error('store.not_saved', {
        user,
        reason: isAside
          ? 'its newest sign-in is in the runtime directory, where the next start finds it; a reboot loses it'
          : 'its newest sign-in could be kept nowhere',
      })
    }
  }

  #tellDelay(user: string, reason: string): void {
    if (this.#waitedFor.has(user + reason)) return
    this.#waitedFor.add(user + reason)
    this.#log.warn('daemon.waiting', { ...this.#pid, user, reason })
  }
}
