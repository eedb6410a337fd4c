import { actorOf, type CmsOauthError } from '../errors.ts'
import type { LogFields } from './log.ts'

/** The fields of a log line about an error, with who must act and the provider's own words. */
export function errorFields(error: CmsOauthError): LogFields {
  return {
    code: error.code,
    message: error.message,
    hint: error.hint,
    actor: actorOf(error),
    ...('answer' in error ? { answer: error.answer } : {}),
  }
}
