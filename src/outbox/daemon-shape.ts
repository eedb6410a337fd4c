import { outboxShape } from '../accounts/outbox-shape.ts'
import { outcomeShape } from '../child-process/outcome-shape.ts'
import type { ServedOutbox, ToOutbox } from '../messages/outbox-messages.ts'
import {
  fields,
  flag,
  listOf,
  number,
  optional,
  type Shape,
  text,
  variants,
} from '../shapes/shape.ts'

/** The form of what the daemon says to its outbox. */
export const toOutboxShape: Shape<ToOutbox> = variants<ToOutbox, 'type'>('type', {
  configure: {
    outboxes: listOf(
      fields<ServedOutbox>({ configuration: outboxShape, descriptors: listOf(number) }),
    ),
  },
  outcome: { outbox: text, id: text, outcome: outcomeShape },
  retry: { account: text, isWayOpen: optional(flag) },
})
