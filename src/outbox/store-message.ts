import { runningMs } from '../schedule/clock.ts'
import { entryVersion } from '../spool/entry.ts'
import type { Queue, QueueEntry } from './queue/queue.ts'
import type { Spool } from './spool/spool.ts'
import type { Caller, PreparedMessage, Submission } from './submission/submission.ts'

/** Puts a message into the spool, where its name is to be synced, and the queue. @throws OutboxFullError */
export function storeMessage(
  { spool, queue }: { spool: Pick<Spool, 'add'>; queue: Queue },
  { id, at }: Pick<Submission, 'id' | 'at'>,
  { uid, login, by }: Caller,
  { recipients, message, messageId, from, subject }: PreparedMessage,
): QueueEntry {
  const accepted = { id, at, uid, login, ...(by && { by }), size: message.length }
  const head = {
    v: entryVersion,
    ...accepted,
    rcpt: recipients,
    message_id: messageId,
    ...(from !== undefined && { from }),
  }
  spool.add(head, message)
  const entry: QueueEntry = {
    ...accepted,
    recipients,
    subject,
    state: 'waiting',
    tries: 0,
    triedMs: 0,
    sinceMs: runningMs(),
    failuresInARow: 0,
    uncertainTries: 0,
    notBeforeMs: 0,
  }
  queue.add(entry)
  return entry
}
