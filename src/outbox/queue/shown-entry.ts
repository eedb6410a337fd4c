import type { QueuedMessage } from '../../messages/outbox-api.ts'
import { isoTime } from '../../schedule/iso-time.ts'
import type { QueueEntry } from './queue.ts'

/** For how long it still waits, in ms: for the hour of its user to be over, and for its account. */
interface Waits {
  limitMs: number
  accountMs: number
  /** Why the account waits. */
  accountReason?: string | undefined
}

/** An entry as people are shown it. */
export function shownEntry(
  entry: QueueEntry,
  { limitMs, accountMs, accountReason }: Waits,
): QueuedMessage {
  const { id, at, uid, login, by, recipients, subject, size, state, tries } = entry
  const limited = limitMs > 0 ? 'more than per_hour messages of this user' : undefined
  const shared = state === 'waiting' && accountMs > 0 ? accountReason : undefined
  const reason = entry.reason ?? shared ?? limited
  const next = isoTime(Date.now() + Math.max(limitMs, accountMs))
  return {
    id,
    at: isoTime(at),
    uid,
    login,
    ...(by && { by }),
    recipients,
    subject,
    size,
    state,
    tries,
    ...(state === 'waiting' ? { next_try_at: next } : {}),
    ...(reason === undefined ? {} : { reason }),
  }
}
