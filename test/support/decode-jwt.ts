import assert from 'node:assert/strict'
import { constants, createPublicKey, verify } from 'node:crypto'

/** The parts of a JWT whose signature has been found right. */
export interface DecodedJwt {
  header: Record<string, unknown>
  claims: Record<string, unknown>
}

/** Decodes a JWT after its signature was checked against a certificate or public key in PEM. */
export function decodeJwt(jwt: string, pem: string): DecodedJwt {
  const [header = '', claims = '', signature = ''] = jwt.split('.')
  const decoded = { header: parse(header), claims: parse(claims) }
  const isPss = decoded.header['alg'] === 'PS256'
  const isRight = verify(
    'sha256',
    Buffer.from(`${header}.${claims}`),
    {
      key: createPublicKey(pem),
      dsaEncoding: 'ieee-p1363',
      ...(isPss ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {}),
    },
    Buffer.from(signature, 'base64url'),
  )
  assert.ok(isRight, 'the signature is not of this key')
  return decoded
}

function parse(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>
}
