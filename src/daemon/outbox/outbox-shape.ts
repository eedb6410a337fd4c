import { signalShapes } from '../../child-process/signal-shapes.ts'
import { outcomeShape } from '../../child-process/outcome-shape.ts'
import type { FromOutbox, OutboxLogFields, OutboxState } from '../../messages/outbox-messages.ts'
import type { FromSender } from '../../messages/sender-messages.ts'
import {
  fields,
  flag,
  listOf,
  number,
  oneOf,
  optional,
  type Shape,
  text,
  variants,
} from '../../shapes/shape.ts'

/** The form of what the outbox says to its daemon. */
export const fromOutboxShape: Shape<FromOutbox> = variants<FromOutbox, 'type'>('type', {
  ...signalShapes,
  due: { outbox: text, id: text },
  state: {
    outboxes: listOf(
      fields<OutboxState>({
        name: text,
        waiting: number,
        abandoned: number,
        oldestAt: optional(number),
        lastReason: optional(text),
      }),
    ),
  },
  notice: {
    event: oneOf(['outbox_stuck', 'outbox_recovered', 'message_given_up']),
    outbox: text,
    reason: text,
  },
  log: {
    level: oneOf(['info', 'warn']),
    event: text,
    fields: fields<OutboxLogFields>({
      user: optional(text),
      code: optional(text),
      message: optional(text),
      hint: optional(text),
      uid: optional(number),
      caller: optional(text),
      address: optional(text),
      pid: optional(number),
      path: optional(text),
      count: optional(number),
      reason: optional(text),
      durationMs: optional(number),
    }),
  },
})

/** The form of what a sender says to its daemon. */
export const fromSenderShape: Shape<FromSender> = variants<FromSender, 'type'>('type', {
  ...signalShapes,
  outcome: { job: number, outcome: outcomeShape },
  probed: { job: number, isOpen: flag },
})
