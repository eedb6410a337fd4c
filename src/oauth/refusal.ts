import {
  type Actor,
  type CmsOauthError,
  type ProviderAnswer,
  ProviderProtocolError,
  ProviderRejectedError,
  ProviderUnavailableError,
  SignInRequiredError,
  triedAgain,
} from '../errors.ts'
import { findExplanation } from './explanations.ts'
import { type Explanation, wait } from './explanations/explanation.ts'
import { checkEndpoints, compareRegistration, openAnyPage, reload } from './next-steps.ts'
import { verdictOf } from './verdict.ts'

/**
 * The kind of request that was refused. Only a request that uses a grant can be refused because of
 * it: a refresh, or a code or device code that a person has just allowed.
 */
export type RefusedRequest = 'refresh' | 'sign-in' | 'app-token' | 'discovery' | 'revocation'

interface Refused {
  /** Default: refresh. */
  request?: RefusedRequest
  /** The wait that Retry-After asks for. */
  retryAfterMs?: number | undefined
}

/**
 * Translates a provider's refusal into an error: temporary trouble (provider_unavailable), a grant
 * that no longer works (sign_in_required), a client that is refused (provider_rejected), or an
 * answer that cannot be interpreted (provider_protocol).
 */
export function refusalOf(
  user: string,
  answer: ProviderAnswer,
  { request = 'refresh', retryAfterMs }: Refused = {},
): CmsOauthError {
  switch (verdictOf(answer)) {
    case 'temporary':
      return unavailable(user, answer, retryAfterMs)
    case 'unclear':
      return unclear(user, answer, request)
    case 'grant':
      return request === 'refresh' || request === 'sign-in'
        ? grantRefused(user, answer, request)
        : rejected(user, answer, request)
    case 'client':
      return rejected(user, answer, request)
  }
}

function grantRefused(
  user: string,
  answer: ProviderAnswer,
  request: 'refresh' | 'sign-in',
): SignInRequiredError {
  const row = findExplanation(answer)
  const what = request === 'refresh' ? 'no longer accepts' : 'refused'
  const message = `the provider ${what} the sign-in of "${user}": ${explanationText(row, answer)}`
  const { nextStep = '{login}' } = row ?? {}
  return new SignInRequiredError(message, {
    hint: commandsIn(nextStep, user, request),
    ...actorOfRow(row),
    answer,
  })
}

function rejected(
  user: string,
  answer: ProviderAnswer,
  request: RefusedRequest,
): ProviderRejectedError {
  const found = findExplanation(answer)
  // For an application's own token no person signs in.
  const isOfPerson = request === 'app-token' && found?.nextStep.includes('{login}') === true
  const row = isOfPerson ? undefined : found
  const message = `the provider refuses "${user}": ${explanationText(row, answer)}`
  const { nextStep = `${compareRegistration}, then {reload}` } = row ?? {}
  return new ProviderRejectedError(message, {
    hint: commandsIn(toTheEnd(nextStep, request), user, request),
    ...actorOfRow(row),
    answer,
  })
}

function actorOfRow(row: Explanation | undefined): { actor?: Actor } {
  if (row === undefined) return {}
  return { actor: row.actor === 'operator' ? 'you' : row.actor }
}

/** After what somebody else does, or what is done elsewhere, it is tried again at once. */
function toTheEnd(nextStep: string, request: RefusedRequest): string {
  if (/\{(?:login|reload)\}/.test(nextStep)) return nextStep
  switch (request) {
    case 'sign-in':
      return `${nextStep}, then {login} again`
    case 'refresh':
    case 'app-token':
      return `${nextStep}, then {refresh}`
    case 'discovery':
    case 'revocation':
      return nextStep
  }
}

/** A sign-in that failed has to be begun again where the configuration was changed. */
function commandsIn(nextStep: string, user: string, request: RefusedRequest): string {
  const thenLogin = request === 'sign-in' ? ` and "cms-oauth login ${user}"` : ''
  return nextStep
    .replaceAll('{login}', () => signInAgain(user))
    .replaceAll('{reload}', () => `${reload}${thenLogin}`)
    .replaceAll('{refresh}', () => `run "cms-oauth refresh ${user}"`)
}

/** RFC 6585 section 6: what answers is the network. */
const captivePortal: Explanation = {
  meaning: 'the network of this machine requires a sign-in of its own',
  actor: 'nobody',
  nextStep: `${openAnyPage}, and sign in there; it ${triedAgain}`,
}

function unavailable(
  user: string,
  answer: ProviderAnswer,
  retryAfterMs: number | undefined,
): ProviderUnavailableError {
  const row = answer.status === 511 ? captivePortal : findExplanation(answer)
  const known = row?.actor === 'nobody' ? row : undefined
  const { nextStep: step = wait } = known ?? {}
  const reason = known === undefined ? providerText(answer) : explanationText(known, answer)
  return new ProviderUnavailableError(`the provider of "${user}" cannot answer now: ${reason}`, {
    hint: commandsIn(step === wait ? waitAsAsked(retryAfterMs) : step, user, 'refresh'),
    answer,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

/** RFC 9110 section 10.2.3: whoever asks before that is often made to wait for longer. */
function waitAsAsked(retryAfterMs = 0): string {
  const minutes = Math.ceil(retryAfterMs / 60_000)
  if (minutes < 2) return wait
  return `the provider asks for a wait of ${minutes} minutes, which another try may lengthen; it ${triedAgain}`
}

function unclear(
  user: string,
  answer: ProviderAnswer,
  request: RefusedRequest,
): ProviderProtocolError {
  const { status, error, description } = answer
  const reason = error === undefined && description === undefined ? '' : `: ${providerText(answer)}`
  return new ProviderProtocolError(
    `the provider of "${user}" answered with status ${status} and no OAuth error${reason}`,
    {
      hint:
        request === 'refresh' && (status === 400 || status === 401)
          ? `${checkEndpoints}; where all of that is right, ${signInAgain(user)}`
          : checkEndpoints,
      answer,
    },
  )
}

function signInAgain(user: string): string {
  return `run "cms-oauth login ${user}"`
}

function explanationText(row: Explanation | undefined, answer: ProviderAnswer): string {
  if (row?.meaning === undefined) return providerText(answer)
  const word = wordOf(answer)
  return word === undefined ? row.meaning : `${row.meaning} (${word})`
}

/** Undefined for what a person copied from a page that shows none. */
function wordOf({ aadsts, error, status }: ProviderAnswer): string | undefined {
  if (aadsts !== undefined) return `AADSTS${aadsts}`
  return error ?? (status === undefined ? undefined : `status ${status}`)
}

function providerText({ status, error, description }: ProviderAnswer): string {
  const word = error ?? `status ${status}`
  return description === undefined || description === '' ? word : `${word} (${description})`
}
