import { actorOf, type CmsOauthError } from '../errors.ts'
import type { LogFields } from './log.ts'

/** What a log line says of an error, who must act and the provider's own words included. */
export function errorFields(error: CmsOauthError): LogFields {
  return {
    code: error.code,
    message: error.message,
    hint: error.hint,
    actor: actorOf(error),
    ...('answer' in error ? { answer: error.answer } : {}),
  }
}
