import { runningMs } from '../../schedule/clock.ts'
import { splitMessage } from '../submission/split-message.ts'
import { subjectOf } from '../submission/prepare-message.ts'
import type { QueueEntry } from '../queue/queue.ts'
import { uncertainPauseMs } from '../queue/failed-try.ts'
import type { StoredEntry } from './spool.ts'

/** What is known of a message that was found in the spool. */
export function queueEntryOf({ place, head, state, beginning }: StoredEntry): QueueEntry {
  const { id, at, uid, login, by, rcpt, size, holds, apart } = head
  const { uncertainTries = 0 } = state ?? {}
  return {
    id,
    at,
    uid,
    login,
    ...(by && { by }),
    recipients: rcpt,
    subject: subjectOf(splitMessage(beginning).fields),
    size,
    state: place === 'new' ? 'waiting' : 'failed',
    tries: state?.tries ?? 0,
    failuresInARow: 0,
    triedMs: state?.triedMs ?? 0,
    sinceMs: runningMs(),
    uncertainTries,
    // A start must not send a copy at once; a machine that starts every day would never send after a longer pause.
    notBeforeMs: runningMs() + uncertainPauseMs(Math.min(uncertainTries, 2)),
    ...(state && { reason: state.reason }),
    ...(state?.hint !== undefined && { hint: state.hint }),
    ...(holds && { messages: holds.length }),
    ...(apart && { staysAlone: true }),
    ...(place === 'new' ? {} : { failedAt: state?.failedAt ?? Date.now() }),
  }
}
