import { constants, createHash, type KeyObject, randomUUID, sign } from 'node:crypto'
import { ConfigInvalidError } from '../errors.ts'
import { Secret } from '../logging/secret.ts'
import type { SigningCertificate } from './client-certificate.ts'

const lifetimeS = 300
/** A clock here that is ahead must not make the assertion one of the future. */
const toleranceS = 30

interface AssertionOptions {
  clientId: string
  /** Whom it is for: the token endpoint's URL (OpenID Connect Core section 9). */
  audience: string
  /** What the server takes (JWA names); empty: it does not say. */
  algorithms: readonly string[]
}

/**
 * An assertion by which a client proves who it is, signed with its certificate's key and good for five
 * minutes (RFC 7523 sections 2.2 and 3).
 * @throws ConfigInvalidError for a key that no algorithm of the server fits
 */
export function createSignedAssertion(
  { certificate, privateKey }: SigningCertificate,
  { clientId, audience, algorithms }: AssertionOptions,
): Secret {
  const alg = algorithmOf(privateKey, algorithms)
  const now = Math.floor(Date.now() / 1_000)
  const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url')
  const header = { typ: 'JWT', alg, 'x5t#S256': thumbprint }
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: audience,
    jti: randomUUID(),
    iat: now - toleranceS,
    exp: now + lifetimeS,
  }
  const input = [header, claims].map((part) => encode(JSON.stringify(part))).join('.')
  return new Secret(`${input}.${signatureOf(input, privateKey, alg)}`)
}

function algorithmOf(key: KeyObject, wanted: readonly string[]): string {
  const possible = possibleAlgorithms(key)
  const alg = wanted.length === 0 ? possible[0] : possible.find((name) => wanted.includes(name))
  if (alg !== undefined) return alg
  throw new ConfigInvalidError('the client key is of a kind that the provider does not accept', {
    hint: `make an RSA key of 2048 bits or more${wanted.length === 0 ? '' : `, for ${wanted.join(', ')}`}`,
  })
}

function possibleAlgorithms({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string[] {
  if (asymmetricKeyType === 'rsa') return ['RS256', 'PS256']
  const isP256 = asymmetricKeyDetails?.namedCurve === 'prime256v1'
  return asymmetricKeyType === 'ec' && isP256 ? ['ES256'] : []
}

function signatureOf(input: string, key: KeyObject, alg: string): string {
  const padding = alg === 'PS256' ? constants.RSA_PKCS1_PSS_PADDING : undefined
  const options = {
    key,
    // RFC 7518 section 3.4: R and S side by side, not in DER; section 3.5: a salt as long as the hash.
    dsaEncoding: 'ieee-p1363' as const,
    ...(padding === undefined ? {} : { padding, saltLength: 32 }),
  }
  return sign('sha256', Buffer.from(input), options).toString('base64url')
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}
