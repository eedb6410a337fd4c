import type { OutboxStatus } from '../../messages/control-api.ts'
import type { OutboxState } from '../../messages/outbox-messages.ts'
import { isoTime } from '../../schedule/iso-time.ts'

/** What the control socket needs of the outboxes. */
export interface OutboxStates {
  states(): readonly OutboxState[]
}

/** What waits in each, as it is answered. */
export function statesOf(outboxes: OutboxStates): OutboxStatus[] {
  return outboxes.states().map(({ name, waiting, oldestAt, lastReason }) => ({
    name,
    waiting,
    oldest_at: oldestAt === undefined ? null : isoTime(oldestAt),
    last_reason: lastReason ?? null,
  }))
}
