import type { QueuedMessage } from '../../messages/outbox-api.ts'
import { isoTime } from '../../schedule/iso-time.ts'
import type { QueueEntry } from './queue.ts'

/** Why something is not sent, and what ends that; an empty hint: nothing is known. */
export interface Trouble {
  reason: string
  hint: string
}

/** For how long it still waits, in ms: for the hour of its user to be over, and for its account. */
interface Waits {
  limitMs: number
  accountMs: number
  /** Why the account waits. */
  trouble?: Trouble | undefined
}

/** An entry as people are shown it. */
export function shownEntry(entry: QueueEntry, waits: Waits): QueuedMessage {
  const { id, at, uid, login, by, recipients, subject, size, state, tries } = entry
  const { reason, hint } = state === 'failed' ? entry : presentTrouble(entry, waits)
  const next = isoTime(Date.now() + Math.max(waits.limitMs, waits.accountMs))
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
    ...(reason !== undefined && { reason }),
    ...(hint !== undefined && hint !== '' && { hint }),
  }
}

/** What it waits for now; what it failed of itself may be over. */
function presentTrouble(
  { reason, hint }: QueueEntry,
  { limitMs, accountMs, trouble }: Waits,
): Partial<Trouble> {
  if (limitMs > accountMs) return ofLimit
  if (accountMs > 0 && trouble !== undefined) return trouble
  return { ...(reason !== undefined && { reason }), ...(hint !== undefined && { hint }) }
}

const ofLimit: Trouble = {
  reason: 'more than per_hour messages of this user',
  hint: 'raise "per_hour" of the [[outbox]] where that is too few, then run "cms-oauth reload"',
}
