import type { Account } from '../../accounts/account.ts'
import { type CmsOauthError, ProviderProtocolError, withUnknownFate } from '../../errors.ts'
import type { HttpsAnswer } from '../../https/https-request.ts'
import type { Secret } from '../../logging/secret.ts'
import { isErrorAnswer, reduceErrorResponse } from '../../oauth/error-response.ts'
import { parseIdToken } from '../../oauth/id-token.ts'
import { type RefusedRequest, refusalOf } from '../../oauth/refusal.ts'
import { parseRetryAfter } from '../../oauth/retry-after.ts'
import { refreshTokenIn } from '../../oauth/rotated-token.ts'
import { parseTokenResponse, type TokenResponse } from '../../oauth/token-response.ts'
import { forGrantOf } from './app-refusal.ts'
import type { IssuedToken, Renewal, TokenSet } from './issued-token.ts'

/** After one of these a gateway, or a server that failed halfway, may have rotated all the same. */
const unclearStatuses = [500, 502, 504]

/**
 * The token set of a token endpoint's answer. `used` is the refresh token that was sent, and stays
 * where the server does not rotate it.
 * @throws ProviderUnavailableError, SignInRequiredError, ProviderRejectedError, ProviderProtocolError
 */
export function parseTokenAnswer(account: Account, answer: HttpsAnswer, used?: Secret): TokenSet {
  requireTokens(account, answer, used === undefined ? 'sign-in' : 'refresh')
  const response = readTokens(answer)
  const { accessToken, expiresAt, renewalExpiresAt, scopes = account.scopes } = response
  const claims = response.idToken === undefined ? undefined : parseIdToken(response.idToken)
  return {
    accessToken,
    expiresAt,
    scopes,
    renewal: requireRenewal(account, response.refreshToken ?? used),
    identities: claims?.identities ?? [],
    ...(claims === undefined ? {} : { idToken: { claims, answeredAt: answeredAt(answer) } }),
    ...(renewalExpiresAt === undefined ? {} : { renewalExpiresAt }),
  }
}

function requireTokens(account: Account, answer: HttpsAnswer, request: RefusedRequest): void {
  if (!isErrorAnswer(answer)) return
  const refusal = refusalOfAnswer(account, answer, request)
  throw unclearStatuses.includes(answer.status) ? withUnknownFate(refusal) : refusal
}

function readTokens({ body, sentAt }: HttpsAnswer): TokenResponse {
  try {
    return parseTokenResponse(body, sentAt)
  } catch (error) {
    throw refreshTokenIn(body, true) === undefined ? withUnknownFate(error) : error
  }
}

/** @throws ProviderProtocolError where the answer brings no refresh token, and none was used */
function requireRenewal({ user }: Account, refreshToken: Secret | undefined): Renewal {
  if (refreshToken !== undefined) return { kind: 'refresh_token', refreshToken }
  throw new ProviderProtocolError(`the provider of "${user}" did not return a refresh token`, {
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

/** The error that an answer refusing a request means. */
export function refusalOfAnswer(
  account: Account,
  received: HttpsAnswer,
  request: RefusedRequest = 'refresh',
): CmsOauthError {
  const { status, headers, body } = received
  const retryAfterMs = parseRetryAfter(headers['retry-after'], answeredAt(received))
  const answer = reduceErrorResponse(status, body)
  return forGrantOf(account, refusalOf(account.user, answer, { request, retryAfterMs }))
}

/** When it was answered, by the provider's clock, which ours may differ from. */
function answeredAt({ headers }: HttpsAnswer): number {
  return Date.parse(headers['date'] ?? '') || Date.now()
}
