import {
  type Actor,
  type CmsOauthError,
  type ErrorCode,
  errorClasses,
  isErrorCode,
  type ProviderAnswer,
  ProviderProtocolError,
} from '../errors.ts'

/** An error as it crosses a socket or the renewer's channel: no cause, no stack. */
export interface WireError {
  error: ErrorCode
  error_description: string
  hint: string
  /** Absent: derived from the code, see actorOf. */
  actor?: Actor
  answer?: ProviderAnswer
  retry_after_ms?: number
  /** Absent: the outcome of the request is known. */
  is_fate_unknown?: true
}

/** The form of an error that may leave the process. */
export function errorToWire(error: CmsOauthError): WireError {
  const wire: WireError = {
    error: error.code,
    error_description: error.message,
    hint: error.hint,
  }
  if (error.actor !== undefined) wire.actor = error.actor
  if ('answer' in error) wire.answer = error.answer
  if ('isFateUnknown' in error && error.isFateUnknown) wire.is_fate_unknown = true
  if ('retryAfterMs' in error && error.retryAfterMs !== undefined) {
    wire.retry_after_ms = error.retryAfterMs
  }
  return wire
}

/** The error that `errorToWire` was given; an unknown code becomes `provider_protocol`. */
export function errorFromWire(wire: WireError): CmsOauthError {
  const ErrorClass = isErrorCode(wire.error) ? errorClasses[wire.error] : ProviderProtocolError
  return new ErrorClass(wire.error_description, {
    hint: wire.hint,
    ...(wire.actor === undefined ? {} : { actor: wire.actor }),
    ...(wire.answer === undefined ? {} : { answer: wire.answer }),
    ...(wire.is_fate_unknown === undefined ? {} : { isFateUnknown: wire.is_fate_unknown }),
    ...(wire.retry_after_ms === undefined ? {} : { retryAfterMs: wire.retry_after_ms }),
  })
}
