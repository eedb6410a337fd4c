import type { OutboxStatus } from '../../messages/outbox-api.ts'
import { isoTime } from '../../schedule/iso-time.ts'
import type { ServedOutboxState } from '../outbox/outboxes.ts'

/** What the control socket needs of the outboxes. */
export interface OutboxStates {
  states(): readonly ServedOutboxState[]
}

/** What waits in each, as it is answered. */
export function statesOf(outboxes: OutboxStates): OutboxStatus[] {
  return outboxes.states().map(({ name, account, path, waiting, oldestAt, lastReason }) => ({
    name,
    account,
    path,
    waiting,
    oldest_at: oldestAt === undefined ? null : isoTime(oldestAt),
    last_reason: lastReason ?? null,
  }))
}
