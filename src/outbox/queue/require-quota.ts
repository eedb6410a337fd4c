import type { OutboxConfiguration } from '../../configuration/outbox-configuration.ts'
import { OutboxFullError } from '../../errors.ts'
import type { Caller } from '../submission/submission.ts'
import type { Queue } from './queue.ts'

interface Wanted {
  quota: OutboxConfiguration['quota']
  bytes: number
}

/** @throws OutboxFullError where a caller has as much in the queue as one may have */
export function requireQuota(queue: Queue, caller: Caller, { quota, bytes }: Wanted): void {
  const used = queue.usedBy(caller)
  if (used.messages < quota.messages && used.bytes + bytes <= quota.bytes) return
  const waiting = used.messages === 1 ? '1 message' : `${used.messages} messages`
  throw new OutboxFullError(
    `the quota of "${caller.login}" is full, with ${waiting} in the queue`,
    {
      hint: 'see "mailq" for why they wait; quota_messages and quota_size of the [[outbox]] are the limits',
    },
  )
}
