import { createHash, randomBytes } from 'node:crypto'
import { Secret } from '../logging/secret.ts'

/** A proof key for one code exchange. */
export interface ProofKey {
  codeVerifier: Secret
  /** BASE64URL(SHA256(verifier)): the method `S256`. */
  codeChallenge: string
}

/** A new proof key of 256 bits (RFC 7636 sections 4.1 and 4.2). */
export function createProofKey(): ProofKey {
  const codeVerifier = randomBytes(32).toString('base64url')
  const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url')
  return { codeVerifier: new Secret(codeVerifier), codeChallenge }
}
