import type { OutboxLogFields } from '../messages/outbox-messages.ts'
import type { OutboxConfiguration } from '../configuration/outbox-configuration.ts'
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

/** A message of an outbox, as the log says it. */
export function messageFields(
  { account: user }: Pick<OutboxConfiguration, 'account'>,
  entry: QueueEntry,
): OutboxLogFields {
  const { id: message, recipients } = entry
  return { user, ...callerFields(entry), count: recipients.length, message }
}
