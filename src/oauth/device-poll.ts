import { type ProviderAnswer, SignInFailedError } from '../errors.ts'
import { plainWord } from './plain-word.ts'

/** The answers to a poll that are neither success nor failure: poll again, or poll less often. */
export type PollLater = 'authorization_pending' | 'slow_down'

/**
 * What a refused poll means, for the error codes of RFC 8628 section 3.5: poll again, or the error
 * that ends the sign-in; undefined for any other refusal.
 */
export function pollLaterOf(
  user: string,
  answer: ProviderAnswer,
): PollLater | SignInFailedError | undefined {
  const word = plainWord(answer.error ?? '')
  switch (word) {
    case 'authorization_pending':
    case 'slow_down':
      return word
    case 'access_denied':
    // Microsoft's word for it.
    case 'authorization_declined':
      return failed(`access to "${user}" was denied`, {
        hint: `run "cms-oauth login ${user} --device" again and allow it; if nobody asked you, an administrator must consent first`,
        answer,
      })
    case 'expired_token':
    // Zoho's.
    case 'expired':
      return deviceCodeExpired(user, answer)
    default:
      return undefined
  }
}

/** Nobody entered the code in time. */
export function deviceCodeExpired(user: string, answer?: ProviderAnswer): SignInFailedError {
  return failed(`nobody finished the sign-in of "${user}" before its code expired`, {
    hint: `run "cms-oauth login ${user} --device" again, and type the new code`,
    ...(answer === undefined ? {} : { answer }),
  })
}

interface Refused {
  hint: string
  answer?: ProviderAnswer
}

/** With the provider's explanation, including Microsoft's number. */
function failed(message: string, options: Refused): SignInFailedError {
  const description = options.answer?.description ?? ''
  const detail = description === '' ? '' : `: ${description}`
  return new SignInFailedError(`${message}${detail}`, options)
}
