import type { Secret } from '../logging/secret.ts'

/** A token as it is served. */
export interface ServedToken {
  accessToken: Secret
  /** What a log line says of the token: see fingerprint(). */
  fingerprint: string
  /** Epoch ms. */
  expiresAt: number
}
