import { runningMs } from '../../schedule/clock.ts'
import type { CallerKind } from '../../spool/entry.ts'
import { isNotice } from '../spool/entry-id.ts'
import { HourlyLimit } from './hourly-limit.ts'

/** A message of the spool, without its text. */
export interface QueueEntry {
  id: string
  at: number
  uid: number
  login: string
  by?: CallerKind
  recipients: string[]
  subject: string
  size: number
  state: 'waiting' | 'failed'
  tries: number
  /** Why it is still here. */
  reason?: string
  /** What ends that. */
  hint?: string
  failedAt?: number
  /** For how long it had been tried at `sinceMs`; not while its account needed somebody. */
  triedMs: number
  /** Of runningMs: since when this process tries it. */
  sinceMs: number
  /** Tries in a row that failed, since this process started. */
  failuresInARow: number
  /** Its last try may have failed for what it is itself: others go ahead of it. */
  isPassedOver?: boolean
  /** How many others had been delivered when it was last refused for what it may be itself. */
  refusedAfter?: number
  /** Tries that may have sent it. */
  uncertainTries: number
  /** Of runningMs: it alone waits until then. */
  notBeforeMs: number
  /** It has waited since its caller had sent as many in an hour as one may. */
  isHeldBack?: boolean
  /** It cannot be a part of a digest. */
  staysAlone?: boolean
  /** How many messages it holds, where it is a digest. */
  messages?: number
}

type Owner = Pick<QueueEntry, 'uid' | 'login'>

/** How much of a queue is a caller's. */
interface Usage {
  messages: number
  bytes: number
}

/** After so many failures of one message the others go ahead of it. */
const patience = 5

/** The messages of one outbox, and which of them is next. */
export class Queue {
  readonly #entries = new Map<string, QueueEntry>()
  /** By owner: a queue may be long, and each message asks for it. */
  readonly #used = new Map<string, Usage>()
  readonly #limit = new HourlyLimit()

  /** Puts one in; of those with the same name the last counts. */
  add(entry: QueueEntry): void {
    this.remove(entry.id)
    this.#entries.set(entry.id, entry)
    this.#count(entry, 1)
  }

  find(id: string): QueueEntry | undefined {
    return this.#entries.get(id)
  }

  remove(id: string): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    this.#entries.delete(id)
    this.#count(entry, -1)
  }

  /** How many there are, waiting or abandoned. */
  get size(): number {
    return this.#entries.size
  }

  /** In no order. */
  all(): Iterable<QueueEntry> {
    return this.#entries.values()
  }

  /** Those that wait, the oldest first. */
  waiting(): QueueEntry[] {
    return [...this.#entries.values()]
      .filter(({ state }) => state === 'waiting')
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** Forgets how often each failed: none goes ahead of an older one for it. */
  forgive(): void {
    for (const entry of this.#entries.values()) entry.failuresInARow = 0
  }

  /** How much of it is a caller's: what waits, and what was abandoned. */
  usedBy(caller: Owner): Usage {
    return this.#used.get(ownerOf(caller)) ?? { messages: 0, bytes: 0 }
  }

  /** One was sent, or refused by its provider: it counts for the hour of its caller, unless it is a notice. */
  countSent(entry: QueueEntry): void {
    if (!isNotice(entry.id)) this.#limit.count(ownerOf(entry))
  }

  /** How long an entry waits alone, after tries that may have sent it, in ms. */
  ownWaitMs({ notBeforeMs }: QueueEntry): number {
    return Math.max(0, notBeforeMs - runningMs())
  }

  /** How long an entry waits for the hour of its caller to be over, in ms. */
  limitWaitMs(entry: QueueEntry, perHour: number): number {
    return isNotice(entry.id) ? 0 : this.#limit.waitMs(ownerOf(entry), perHour)
  }

  /** What waits of a caller, and is more than may be sent in this hour, the oldest first. */
  beyondHour(caller: Owner, perHour: number): QueueEntry[] {
    const owner = ownerOf(caller)
    const own = this.waiting().filter((each) => ownerOf(each) === owner && !isNotice(each.id))
    return own.slice(this.#limit.left(owner, perHour))
  }

  /** The next to be sent, or in how many ms there may be one; undefined: none waits. */
  next(perHour: number): QueueEntry | { waitMs: number } | undefined {
    let best: QueueEntry | undefined
    let waitMs = Number.POSITIVE_INFINITY
    const waits = new Map<string, number>()
    for (const entry of this.#entries.values()) {
      if (entry.state !== 'waiting') continue
      const owner = ownerOf(entry)
      let wait = isNotice(entry.id) ? 0 : waits.get(owner)
      if (wait === undefined) {
        wait = this.#limit.waitMs(owner, perHour)
        waits.set(owner, wait)
      }
      if (wait > 0) entry.isHeldBack = true
      wait = Math.max(wait, this.ownWaitMs(entry))
      if (wait > 0) waitMs = Math.min(waitMs, wait)
      else if (best === undefined || isBefore(entry, best)) best = entry
    }
    return best ?? (waitMs === Number.POSITIVE_INFINITY ? undefined : { waitMs })
  }

  #count(entry: QueueEntry, sign: 1 | -1): void {
    if (isNotice(entry.id)) return
    const owner = ownerOf(entry)
    const used = this.usedBy(entry)
    const messages = used.messages + sign
    if (messages === 0) this.#used.delete(owner)
    else this.#used.set(owner, { messages, bytes: used.bytes + sign * entry.size })
  }
}

/** Whose it is: devices and programs with a password have the uid of the daemon in common. */
export function ownerOf({ uid, login }: Owner): string {
  return `${uid} ${login}`
}

function isBefore(one: QueueEntry, other: QueueEntry): boolean {
  const [rank, otherRank] = [rankOf(one), rankOf(other)]
  return rank === otherRank ? one.id < other.id : rank < otherRank
}

function rankOf({ failuresInARow, isPassedOver = false }: QueueEntry): number {
  return failuresInARow < patience && !isPassedOver ? 0 : failuresInARow
}

/**
 * For how long an entry has been tried, in ms: counted while a process ran that tried it, so that no clock
 * that is set, no suspend and no night in which the machine is off makes it old.
 */
export function triedForMs({ triedMs, sinceMs }: QueueEntry): number {
  return triedMs + runningMs() - sinceMs
}
