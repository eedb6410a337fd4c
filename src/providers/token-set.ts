import type { Account } from '../accounts/account.ts'
import { type CmsOauthError, ProviderProtocolError } from '../errors.ts'
import type { Secret } from '../logging/secret.ts'
import { isErrorAnswer, reduceErrorResponse } from '../oauth/error-response.ts'
import { parseIdToken } from '../oauth/id-token.ts'
import { type RefusedRequest, refusalOf } from '../oauth/refusal.ts'
import { parseRetryAfter } from '../oauth/retry-after.ts'
import { parseTokenResponse } from '../oauth/token-response.ts'
import { forGrantOf } from './app-refusal.ts'
import type { HttpsAnswer } from './https-request.ts'
import type { IssuedToken, Renewal, TokenSet } from './issued-token.ts'

/** What a token request was made with. */
export interface UsedInRequest {
  refreshToken?: Secret
  nonce?: string
}

/**
 * The token set of a token endpoint's answer. `refreshToken` is the one that was used, and stays
 * where the server does not rotate it.
 * @throws ProviderUnavailableError, SignInRequiredError, ProviderRejectedError, ProviderProtocolError
 */
export function parseTokenAnswer(
  account: Account,
  answer: HttpsAnswer,
  used: UsedInRequest,
): TokenSet {
  if (isErrorAnswer(answer)) {
    throw refusalOfAnswer(account, answer, used.refreshToken === undefined ? 'sign-in' : 'refresh')
  }
  const response = parseTokenResponse(answer.body, answer.sentAt)
  const identities = response.idToken === undefined ? [] : identify(account, response.idToken, used)
  const { accessToken, expiresAt, renewalExpiresAt, scopes = account.scopes } = response
  return {
    accessToken,
    expiresAt,
    scopes,
    renewal: renewalOf(account, response.refreshToken ?? used.refreshToken),
    identities,
    ...(renewalExpiresAt === undefined ? {} : { renewalExpiresAt }),
  }
}

/** The renewal that a refresh token is. @throws ProviderProtocolError where there is none */
export function renewalOf({ user }: Account, refreshToken: Secret | undefined): Renewal {
  if (refreshToken !== undefined) return { kind: 'refresh_token', refreshToken }
  throw new ProviderProtocolError(`the provider of "${user}" gave no refresh token`, {
    hint: 'allow offline access in the app registration, and ask for the scope offline_access where the provider has it',
  })
}

/** The token of an answer to a client that asked for itself. @throws as `parseTokenAnswer` does */
export function parseAppTokenAnswer(account: Account, answer: HttpsAnswer): IssuedToken {
  if (isErrorAnswer(answer)) throw refusalOfAnswer(account, answer, 'app-token')
  const response = parseTokenResponse(answer.body, answer.sentAt)
  const { accessToken, expiresAt, scopes = account.scopes } = response
  return { accessToken, expiresAt, scopes }
}

/** Who signed in, from an id_token that is for this client and sign-in (OpenID Connect Core 3.1.3.7). */
function identify({ clientId }: Account, idToken: string, used: UsedInRequest): string[] {
  const { audience, nonce, identities } = parseIdToken(idToken)
  // Microsoft takes a client ID in any case and answers with it in lower case.
  if (!audience.some((client) => client.toLowerCase() === clientId.toLowerCase())) {
    throw new ProviderProtocolError('the id_token is for another client (aud)')
  }
  if (used.nonce !== undefined && nonce !== used.nonce) {
    throw new ProviderProtocolError('the id_token belongs to another sign-in (nonce)')
  }
  return identities
}

/** The error that an answer refusing a request means. */
export function refusalOfAnswer(
  account: Account,
  { status, headers, body }: HttpsAnswer,
  request: RefusedRequest = 'refresh',
): CmsOauthError {
  // A date is of the provider's clock, which ours may differ from.
  const answeredAt = Date.parse(headers['date'] ?? '') || Date.now()
  const retryAfterMs = parseRetryAfter(headers['retry-after'], answeredAt)
  const answer = reduceErrorResponse(status, body)
  return forGrantOf(account, refusalOf(account.user, answer, { request, retryAfterMs }))
}
