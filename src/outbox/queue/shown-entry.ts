import type { QueuedMessage } from '../../messages/outbox-api.ts'
import { isoTime } from '../../schedule/iso-time.ts'
import type { QueueEntry } from './queue.ts'

/** Why something is not sent, and what ends that; an empty hint: nothing is known. */
export interface Trouble {
  reason: string
  hint: string
}

/** For how long it still waits, in ms: alone, for the hour of its user to be over, and for its account. */
interface Waits {
  ownMs: number
  limitMs: number
  accountMs: number
  /** Why the account waits. */
  trouble?: Trouble | undefined
}

/** An entry as people are shown it. */
export function shownEntry(entry: QueueEntry, waits: Waits): QueuedMessage {
  const { id, at, uid, login, by, recipients, subject, size, messages, state, tries } = entry
  const { reason, hint } = state === 'failed' ? entry : presentTrouble(entry, waits)
  const next = isoTime(Date.now() + Math.max(waits.ownMs, waits.limitMs, waits.accountMs))
  return {
    id,
    at: isoTime(at),
    uid,
    login,
    ...(by && { by }),
    recipients,
    subject,
    size,
    ...(messages !== undefined && { messages }),
    state,
    tries,
    ...(state === 'waiting' ? { next_try_at: next } : {}),
    ...(reason !== undefined && { reason }),
    ...(hint !== undefined && hint !== '' && { hint }),
  }
}

/** What it waits for now; what it failed of itself may be over. */
function presentTrouble(
  { reason, hint }: QueueEntry,
  { ownMs, limitMs, accountMs, trouble }: Waits,
): Partial<Trouble> {
  if (limitMs > Math.max(ownMs, accountMs)) return ofLimit
  if (accountMs > ownMs && trouble !== undefined) return trouble
  return { ...(reason !== undefined && { reason }), ...(hint !== undefined && { hint }) }
}

const ofLimit: Trouble = {
  reason: 'more than per_hour messages of this user',
  hint: 'raise "per_hour" of the [[outbox]] where that is too few, then run "cms-oauth reload"',
}

/** Half of what programs read of an answer. */
const mostBytes = 8 * 1_024 ** 2

/** As many of the entries, as they are shown, as an answer holds. */
export function firstOf(
  entries: readonly QueueEntry[],
  show: (entry: QueueEntry) => QueuedMessage,
): QueuedMessage[] {
  const shown: QueuedMessage[] = []
  let bytes = 0
  for (const entry of entries) {
    const message = show(entry)
    bytes += Buffer.byteLength(JSON.stringify(message))
    if (bytes > mostBytes) break
    shown.push(message)
  }
  return shown
}
