import { actors, errorCodes, type ProviderAnswer } from '../errors.ts'
import { fields, type Fields, number, oneOf, optional, type Shape, text } from './shape.ts'
import type { WireError } from './wire-error.ts'

/** What a provider's answer holds. */
export const answerFields: Fields<ProviderAnswer> = {
  status: optional(number),
  error: optional(text),
  description: optional(text),
  aadsts: optional(number),
  correlationId: optional(text),
  traceId: optional(text),
  timestamp: optional(text),
}

/** The form of an error that another process sends. */
export const wireErrorShape: Shape<WireError> = fields<WireError>({
  error: oneOf(errorCodes),
  error_description: text,
  hint: text,
  actor: optional(oneOf(actors)),
  answer: optional(fields(answerFields)),
  retry_after_ms: optional(number),
  is_fate_unknown: optional(oneOf([true])),
})
