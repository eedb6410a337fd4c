import { actors, errorCodes, type ProviderAnswer } from '../errors.ts'
import { fields, number, oneOf, optional, type Shape, text } from './shape.ts'
import type { WireError } from './wire-error.ts'

/** The form of an error that another process sends. */
export const wireErrorShape: Shape<WireError> = fields<WireError>({
  error: oneOf(errorCodes),
  error_description: text,
  hint: text,
  actor: optional(oneOf(actors)),
  answer: optional(
    fields<ProviderAnswer>({
      status: optional(number),
      error: optional(text),
      description: optional(text),
      aadsts: optional(number),
      correlationId: optional(text),
      traceId: optional(text),
      timestamp: optional(text),
    }),
  ),
  retry_after_ms: optional(number),
  is_fate_unknown: optional(oneOf([true])),
})
