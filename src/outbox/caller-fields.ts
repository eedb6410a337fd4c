import type { OutboxLogFields } from '../messages/outbox-messages.ts'
import type { QueueEntry } from './queue/queue.ts'

/** Who handed a message over, as the log says it: the uid of a device or program of a listener is ours. */
export function callerFields({
  uid,
  login,
  by,
}: Pick<QueueEntry, 'uid' | 'login' | 'by'>): OutboxLogFields {
  if (by === undefined) return { uid }
  return by === 'network' ? { address: login } : { caller: login }
}
