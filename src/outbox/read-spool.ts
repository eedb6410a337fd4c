import type { Abandoned } from './abandoned.ts'
import type { AcceptedIds } from './queue/accepted-ids.ts'
import type { Queue, QueueEntry } from './queue/queue.ts'
import { tagOf } from './spool/entry-id.ts'
import { queueEntryOf } from './spool/queue-entry-of.ts'
import type { Spool } from './spool/spool.ts'

/** Where what a spool has gets, and who keeps what is not to be sent. */
export interface SpoolParts {
  spool: Spool
  queue: Queue
  accepted: AcceptedIds
  abandoned: Pick<Abandoned, 'setAside'>
}

/**
 * Puts what is in the spool, and is not known, into the queue; `sent` is what was sent in the last month.
 * @throws NodeJS.ErrnoException
 */
export function readSpool(
  { spool, queue, accepted, abandoned }: SpoolParts,
  sent: ReadonlySet<string>,
): void {
  for (const stored of spool.read((id) => queue.find(id) !== undefined)) {
    const entry = queueEntryOf(stored)
    accepted.add(tagOf(entry.id), entry.id)
    // What cannot be set back is not in the queue: it would be sent.
    if (entry.state === 'waiting' && sent.has(entry.id)) abandoned.setAside(entry, cameBack(entry))
    else queue.add(entry)
  }
}

/** It was sent already: only a backup can restore it. */
function cameBack({ id }: QueueEntry) {
  return {
    reason: 'it was sent already, and came back, as from a backup',
    hint: `"cms-oauth outbox retry ${id}" sends it once more`,
  }
}
