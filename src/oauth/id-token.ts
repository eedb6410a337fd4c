import { ProviderProtocolError } from '../errors.ts'
import { parseJsonObject } from './json-object.ts'

/** The claims of an id_token that matter here. */
export interface IdTokenClaims {
  /** Absent where they are not said: whoever needs them decides. */
  issuer?: string
  subject?: string
  nonce?: string
  /** The client that asked, where the token is for several (azp). */
  authorizedParty?: string
  /** Epoch ms. */
  expiresAt?: number
  /** The clients it is for. */
  audience: string[]
  /** Addresses of whoever signed in, in the order of trust. */
  identities: string[]
}

const addressClaims = ['email', 'preferred_username', 'upn', 'unique_name'] as const

/**
 * Reads an id_token that came over TLS from the token endpoint, whose signature need not be checked
 * then (OpenID Connect Core section 3.1.3.7). Undefined for what cannot be read: something else, or
 * one that is encrypted. Such a one tells no address.
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

/** The addresses in the claims of an id_token or of a userinfo answer, each once. */
export function identitiesIn(claims: Record<string, unknown>): string[] {
  return [...new Set(addressClaims.map((name) => claims[name]).filter(isAddress))]
}

/** Messages show it, so that it holds no control character. */
function isAddress(value: unknown): value is string {
  return typeof value === 'string' && /^[^\p{Cc}\s]{3,320}$/u.test(value) && value.includes('@')
}

/** What a sign-in's id_token is checked against. */
export interface ExpectedClaims {
  clientId: string
  /** Absent where the flow sends none (a device code). */
  nonce?: string
  /** As the discovery document names it; absent: not known. */
  issuer?: string
  /** Epoch ms by the provider's clock. */
  answeredAt: number
}

/** Clocks of a provider's hosts differ by less. */
const clockLeewayMs = 5 * 60_000

/**
 * Checks an id_token that can be read, at a sign-in (OpenID Connect Core section 3.1.3.7).
 * @throws ProviderProtocolError for one that belongs to another client, issuer, sign-in or time
 */
export function requireClaims(claims: IdTokenClaims, expected: ExpectedClaims): void {
  const { clientId, nonce, issuer, answeredAt } = expected
  // Microsoft takes a client ID in any case and answers with it in lower case.
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
function isSameIssuer(told: string, known: string): boolean {
  return withoutScheme(told) === withoutScheme(known)
}

function withoutScheme(issuer: string): string {
  return issuer.replace(/^https:\/\//, '').replace(/\/$/, '')
}

function foreign(what: string): ProviderProtocolError {
  return new ProviderProtocolError(`the id_token ${what}`, {
    hint: 'sign in again; if this happens every time, report it to the operator of the authorization server',
  })
}
