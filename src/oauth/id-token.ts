import { parseJsonObject } from './json-object.ts'

/** The claims of an id_token that matter here. */
export interface IdTokenClaims {
  nonce?: string
  /** The clients it is for. */
  audience: string[]
  /** Addresses of whoever signed in, in the order of trust. */
  identities: string[]
}

const addressClaims = ['email', 'preferred_username', 'upn', 'unique_name'] as const

/**
 * Reads an id_token that came over TLS from the token endpoint, whose signature need not be checked
 * then (OpenID Connect Core section 3.1.3.7). Something else than an id_token has no claims.
 */
export function parseIdToken(idToken: string): IdTokenClaims {
  const [, payload = ''] = idToken.split('.')
  const claims = parseJsonObject(Buffer.from(payload, 'base64url').toString('utf8'))
  const { nonce, aud } = claims
  return {
    audience: [aud].flat().filter((client) => typeof client === 'string'),
    identities: identitiesIn(claims),
    ...(typeof nonce === 'string' ? { nonce } : {}),
  }
}

/** The addresses in the claims of an id_token or of a userinfo answer, each once. */
export function identitiesIn(claims: Record<string, unknown>): string[] {
  const values = addressClaims.map((name) => claims[name])
  return [
    ...new Set(values.filter((value) => typeof value === 'string' && value.includes('@'))),
  ].map(String)
}
