import type { OutboxStatus } from '../messages/control-api.ts'
import type { QueueAnswer, QueuedMessage } from '../messages/outbox-api.ts'
import {
  filledText,
  instant,
  listOf,
  nullable,
  number,
  oneOf,
  openFields,
  optional,
  text,
} from '../shapes/shape.ts'

/** What GET /v1/accounts says of an outbox. */
export const outboxStatus = openFields<OutboxStatus>({
  name: filledText,
  waiting: number,
  oldest_at: nullable(instant),
  last_reason: nullable(text),
})

/** GET /v1/messages of an outbox. */
export const queueAnswer = openFields<QueueAnswer>({
  name: filledText,
  account: filledText,
  messages: listOf(
    openFields<QueuedMessage>({
      id: filledText,
      at: instant,
      uid: number,
      login: text,
      recipients: listOf(filledText),
      subject: text,
      size: number,
      state: oneOf(['waiting', 'failed']),
      tries: number,
      next_try_at: optional(instant),
      reason: optional(text),
    }),
  ),
})
