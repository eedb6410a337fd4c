import type { QueueAnswer, QueuedMessage } from '../messages/outbox-api.ts'
import { anyText, instant, list, number, object, oneOf, optional, text } from './shape.ts'

/** GET /v1/messages of an outbox. */
export const queueAnswer = object<QueueAnswer>({
  name: text,
  account: text,
  messages: list(
    object<QueuedMessage>({
      id: text,
      at: instant,
      uid: number,
      login: anyText,
      recipients: list(text),
      subject: anyText,
      size: number,
      state: oneOf(['waiting', 'failed']),
      tries: number,
      next_try_at: optional(instant),
      reason: optional(anyText),
    }),
  ),
})
