import {
  type CmsOauthError,
  type ErrorCode,
  type ProviderAnswer,
  ProviderRejectedError,
  SignInFailedError,
} from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { reduceErrorResponse } from '../../oauth/error-response.ts'
import { findExplanation } from '../../oauth/explanations.ts'
import { reload } from '../../oauth/next-steps.ts'
import { refusalOf } from '../../oauth/refusal.ts'
import { RenewerLostError } from '../processes/renewer-lost-error.ts'
import { asOneTimeFailure } from './as-one-time-failure.ts'

/** What a person has to understand; each kind has its page. */
export type FailureKind =
  | 'denied'
  | 'wrong_account'
  | 'refused'
  | 'expired'
  | 'ended'
  | 'unreachable'
  | 'interrupted'
  | 'rejected'
  | 'protocol'
  | 'misconfigured'
  | 'not_saved'
  | 'no_mail'
  | 'not_here'

/** Why a sign-in did not succeed. */
export interface SignInFailure {
  kind: FailureKind
  error: CmsOauthError
}

const kinds: Partial<Record<ErrorCode, FailureKind>> = {
  provider_unavailable: 'unreachable',
  provider_rejected: 'rejected',
  provider_protocol: 'protocol',
  usage: 'not_here',
  config_invalid: 'misconfigured',
  insecure_file_mode: 'misconfigured',
  store_locked: 'not_saved',
  store_unreadable: 'not_saved',
}

/** The failure that an error of the exchange with the provider is. */
export function failureOf(user: string, error: CmsOauthError): SignInFailure {
  const command = `cms-oauth login ${user}`
  return { kind: kindOf(error), error: begunAgain(asOneTimeFailure(error, command), command) }
}

/** A reload ends what the discovery document was refused for, and does not begin the sign-in again. */
function begunAgain(error: CmsOauthError, command: string): CmsOauthError {
  if (error.code !== 'provider_rejected' || !error.hint.endsWith(reload)) return error
  const { message, hint, answer, actor } = error
  return new ProviderRejectedError(message, {
    hint: `${hint} and "${command}"`,
    answer,
    ...(actor === undefined ? {} : { actor }),
    cause: error,
  })
}

/** Without an error of the provider it was ours to refuse: the address, or what its good answer allows. */
function kindOf(error: CmsOauthError): FailureKind {
  if (error instanceof RenewerLostError) return 'interrupted'
  if (error.code !== 'sign_in_failed') return kinds[error.code] ?? 'refused'
  const { error: word, status } = error.answer
  if (word !== undefined) return 'refused'
  return status === undefined ? 'wrong_account' : 'no_mail'
}

/** The failure that an error at the redirect URI is (RFC 6749 section 4.1.2.1). */
export function failureOfAnswer(user: string, parameters: URLSearchParams): SignInFailure {
  // The fields are those of a token endpoint's error, and so is what of them may be shown.
  const fields = JSON.stringify(Object.fromEntries(parameters))
  const { status: _, ...answer } = reduceErrorResponse(0, fields)
  if (answer.error === 'access_denied' && isByPerson(answer)) {
    const message = `access to "${user}" was denied`
    const hint = `run "cms-oauth login ${user}" again and allow it; if nobody asked you, an administrator must consent first`
    return { kind: 'denied', error: new SignInFailedError(message, { hint, answer }) }
  }
  const error = refusalOf(user, answer, { request: 'sign-in' })
  if (error.code !== 'sign_in_required') return failureOf(user, error)
  return failureOf(user, new SignInFailedError(error.message, { hint: error.hint, answer }))
}

/** Some servers say the same of a policy, or of an account that is not assigned. */
function isByPerson(answer: ProviderAnswer): boolean {
  return (findExplanation(answer)?.actor ?? 'you') === 'you'
}

/** The time for a sign-in is over. */
export function expiredFailure(user: string, lifetimeMs: number): SignInFailure {
  const error = new SignInFailedError(
    `nobody finished the sign-in of "${user}" within ${lifetimeMs / 60_000} minutes`,
    {
      hint: `run "cms-oauth login ${user}" again and open the new page; if the provider showed an error there, "cms-oauth login ${user} --paste" explains it`,
    },
  )
  return { kind: 'expired', error }
}

/** The port of the page, or of a fixed redirect URI, cannot be had; 0: none at all. */
export function cannotListen(user: string, port: number, cause: unknown): SignInFailedError {
  const { code } = cause as NodeJS.ErrnoException
  const place = port === 0 ? 'no free port was found' : `port ${port} cannot be opened`
  return new SignInFailedError(
    `${place} for the sign-in page of "${user}": ${withErrnoWords(code)}`,
    {
      hint: 'stop the program or the sign-in that uses it, or change [sign_in] listen or redirect_uri',
      cause,
    },
  )
}
