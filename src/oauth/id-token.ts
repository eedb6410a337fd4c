import { ProviderProtocolError } from '../errors.ts'
import { parseJsonObject } from './json-object.ts'

/** The claims of an id_token that matter here. */
export interface IdTokenClaims {
  /** Absent if the token does not say: the caller decides what that means. */
  issuer?: string
  subject?: string
  nonce?: string
  /** The client that asked for it, if the token is for several (azp). */
  authorizedParty?: string
  /** Epoch ms. */
  expiresAt?: number
  /** The clients it is for. */
  audience: string[]
  /** Addresses of the person who signed in, the most trusted first. */
  identities: string[]
}

const addressClaims = ['email', 'preferred_username', 'upn', 'unique_name'] as const

/**
 * Reads an id_token that came over TLS from the token endpoint, so that its signature need not be
 * checked (OpenID Connect Core section 3.1.3.7). Undefined if it cannot be read, for example
 * because it is encrypted.
 */
export function parseIdToken(idToken: string): IdTokenClaims | undefined {
  const [, payload, , ...more] = idToken.split('.', 5)
  if (payload === undefined || more.length > 0) return undefined
  const claims = parseJsonObject(Buffer.from(payload, 'base64url').toString('utf8'))
  if (Object.keys(claims).length === 0) return undefined
  const { aud, exp } = claims
  return {
    ...textsIn(claims),
    audience: [aud].flat().filter((client) => typeof client === 'string'),
    identities: identitiesIn(claims),
    ...(typeof exp === 'number' ? { expiresAt: exp * 1_000 } : {}),
  }
}

function textsIn(claims: Record<string, unknown>): Partial<IdTokenClaims> {
  const texts = {
    issuer: claims['iss'],
    subject: claims['sub'],
    nonce: claims['nonce'],
    authorizedParty: claims['azp'],
  }
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => typeof text === 'string'))
}

const longestAddress = 320

/**
 * The addresses in the claims of an id_token or of a userinfo answer, each once. One that no message can show
 * names somebody all the same, who is not the account's: what is odd in it is U+FFFD.
 */
export function identitiesIn(claims: Record<string, unknown>): string[] {
  const values = addressClaims.flatMap((name) => claims[name])
  return [...new Set(values.filter(isAddress).map(shown))]
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && value.includes('@')
}

function shown(address: string): string {
  const start = address.slice(0, longestAddress).trim()
  const rest = address.length > longestAddress ? '\ufffd' : ''
  return start.replaceAll(/[\p{Cc}\s]/gu, '\ufffd') + rest
}

/** What the id_token of a sign-in must match. */
export interface ExpectedClaims {
  clientId: string
  /** Absent if the flow has none (a device code). */
  nonce?: string
  /** From the discovery document; absent: not known. */
  issuer?: string
  /** When the answer was given, in epoch ms by the provider's clock. */
  answeredAt: number
}

/** The clocks of a provider's hosts differ by less than this. */
const clockLeewayMs = 5 * 60_000

/**
 * Checks the claims of an id_token at a sign-in (OpenID Connect Core section 3.1.3.7).
 * @throws ProviderProtocolError for one that belongs to another client, issuer, sign-in or time
 */
export function requireClaims(claims: IdTokenClaims, expected: ExpectedClaims): void {
  const { clientId, nonce, issuer, answeredAt } = expected
  // Microsoft accepts a client ID in any case and answers in lower case.
  const isOurs = (client: string) => client.toLowerCase() === clientId.toLowerCase()
  const { authorizedParty, expiresAt } = claims
  if (!claims.audience.some(isOurs)) throw foreign('is for another client (aud)')
  if (authorizedParty !== undefined && !isOurs(authorizedParty)) {
    throw foreign('was asked for by another client (azp)')
  }
  if (nonce !== undefined && claims.nonce !== nonce) {
    throw foreign('belongs to another sign-in (nonce)')
  }
  if (issuer !== undefined && claims.issuer !== undefined && !isSameIssuer(claims.issuer, issuer)) {
    throw foreign('comes from another issuer (iss)')
  }
  if (expiresAt !== undefined && expiresAt < answeredAt - clockLeewayMs) {
    throw foreign('had expired on arrival (exp)')
  }
}

/** Google's documents allow its issuer without the scheme. */
function isSameIssuer(claimed: string, known: string): boolean {
  return withoutScheme(claimed) === withoutScheme(known)
}

function withoutScheme(issuer: string): string {
  return issuer.replace(/^https:\/\//, '').replace(/\/$/, '')
}

function foreign(what: string): ProviderProtocolError {
  return new ProviderProtocolError(`the id_token ${what}`, {
    hint: 'sign in again; if this happens every time, report it to the operator of the authorization server',
  })
}
