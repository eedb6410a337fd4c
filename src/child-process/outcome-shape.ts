import { actors } from '../errors.ts'
import type { DeliveryOutcome, RefusedRecipient } from '../messages/sender-messages.ts'
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
} from '../shapes/shape.ts'

const refusedShape = listOf(fields<RefusedRecipient>({ recipient: text, reason: text }))

/** The form of how a delivery went, as the sender says it and the daemon passes it on. */
export const outcomeShape: Shape<DeliveryOutcome> = variants<DeliveryOutcome, 'kind'>('kind', {
  delivered: { refused: refusedShape },
  later: {
    actor: oneOf(actors),
    reason: text,
    hint: text,
    retryAfterMs: optional(number),
    isOfWay: optional(flag),
    isOfMessage: optional(flag),
    isUncertain: optional(flag),
    refused: optional(refusedShape),
  },
  token_refused: { actor: oneOf(actors), reason: text, hint: text },
  refused: { reason: text, hint: text, isOfContent: optional(flag) },
  gone: {},
})
