import type { QueueAnswer, QueuedMessage } from '../messages/outbox-api.ts'
import {
  filledText,
  instant,
  listOf,
  number,
  oneOf,
  openFields,
  optional,
  text,
} from '../shapes/shape.ts'

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
