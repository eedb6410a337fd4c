import type { Secret } from '../logging/secret.ts'

/** An access token that mail programs are given. */
export interface ServedToken {
  accessToken: Secret
  /** Identifies the token in the log: see fingerprint(). */
  fingerprint: string
  /** Epoch ms. */
  expiresAt: number
}
