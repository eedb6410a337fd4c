/** What errors in the answers of the control socket must hold. */
import { actors, errorCodes } from '../errors.ts'
import { filledText, flag, number, oneOf, openFields, optional, text } from '../shapes/shape.ts'
import { answerFields } from '../shapes/wire-error-shape.ts'

/** Who must act. */
export const actor = oneOf(actors)

/** The fields of an error. */
export const errorFields = {
  error: filledText,
  error_description: filledText,
  hint: text,
  answer: optional(openFields(answerFields)),
  retry_after_ms: optional(number),
  is_fate_unknown: optional(flag),
}

/** A code of this version. */
export const knownCode = oneOf(errorCodes)

/** Of a check, whose exit status is by its code. */
export const checkError = openFields({ ...errorFields, error: knownCode, actor: optional(actor) })
