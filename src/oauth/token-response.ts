import { ProviderProtocolError } from '../errors.ts'
import { Secret } from '../logging/secret.ts'
import { readAnswerFields } from './answer-fields.ts'
import { lifetimeMsIn } from './lifetime.ts'
import { checkEndpoints } from './next-steps.ts'
import { isRefreshToken } from './rotated-token.ts'

/** A successful answer of a token endpoint (RFC 6749 section 5.1), checked. */
export interface TokenResponse {
  accessToken: Secret
  /** Epoch ms. */
  expiresAt: number
  /** Absent if the server granted what was asked for. */
  scopes?: string[]
  /** Absent if the server does not rotate. */
  refreshToken?: Secret
  idToken?: string
  /** Epoch ms; Google sends it for sign-ins that expire on a fixed day. */
  renewalExpiresAt?: number
}

const longestLifetimeMs = 24 * 60 * 60 * 1_000
/** If the server does not say: short enough to be safe, long enough not to overload it. */
const assumedLifetimeMs = 600_000
/** A longer lifetime ends after every date that can be shown: it counts as this. */
const centuryMs = 100 * 365 * 24 * 60 * 60 * 1_000

/**
 * Checks and translates the answer. The token's characters are those of RFC 6750 and the few more
 * that servers use; no space or control character, which would break a SASL message, and no `^`,
 * which exim turns into NUL. A lifetime is only ever shortened.
 * @throws ProviderProtocolError
 */
export function parseTokenResponse(body: string, now: number): TokenResponse {
  const fields = readAnswerFields(body)
  const { access_token, token_type, refresh_token, id_token, scope } = fields
  if (typeof access_token !== 'string' || access_token === '') {
    throw broken('without an access token')
  }
  if (!/^[\x21-\x5d\x5f-\x7e]+$/.test(access_token)) {
    throw broken('with characters in its access token that mail programs cannot send')
  }
  requireBearer(token_type)
  const lifetimeMs = lifetimeMsIn(fields['expires_in'], longestLifetimeMs) ?? assumedLifetimeMs
  if (lifetimeMs <= 0) throw broken('with an access token that has expired already')
  const renewalLifetimeMs = lifetimeMsIn(fields['refresh_token_expires_in'], centuryMs) ?? 0
  return {
    accessToken: new Secret(access_token),
    expiresAt: now + lifetimeMs,
    ...scopesIn(scope),
    ...(isRefreshToken(refresh_token) ? { refreshToken: new Secret(refresh_token) } : {}),
    ...(isFilled(id_token) ? { idToken: id_token } : {}),
    ...(renewalLifetimeMs > 0 ? { renewalExpiresAt: now + renewalLifetimeMs } : {}),
  }
}

/** An empty field counts as a missing one; some servers send a list. */
function scopesIn(scope: unknown): { scopes?: string[] } {
  const texts = [scope].flat().filter((text) => typeof text === 'string')
  const scopes = texts.flatMap((text) => text.split(/\s+/)).filter(Boolean)
  return scopes.length === 0 ? {} : { scopes }
}

/** A missing or empty type means Bearer, as everywhere; mail protocols have no other. */
function requireBearer(tokenType: unknown): void {
  if (typeof tokenType !== 'string') return
  const type = tokenType.trim().toLowerCase()
  if (type === '' || type === 'bearer') return
  throw broken('with a token that is not a Bearer token')
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function broken(what: string): ProviderProtocolError {
  return new ProviderProtocolError(`the token endpoint answered ${what}`, {
    hint: checkEndpoints,
  })
}
