import type { Secret } from '../logging/secret.ts'

/** What renews an access token without a person; sealed by the store as it is. */
export interface Renewal {
  kind: 'refresh_token'
  refreshToken: Secret
}

/** An access token, in the same words for every provider. */
export interface IssuedToken {
  accessToken: Secret
  /** Epoch ms, counted from the request; lifetime clamped to 60 s..24 h. */
  expiresAt: number
  scopes: string[]
}

/** What a token endpoint gave for a person's sign-in. */
export interface TokenSet extends IssuedToken {
  /** The rotated renewal, or the one that was used where the provider did not rotate it. */
  renewal: Renewal
  /** Addresses the provider returned for whoever signed in; empty where it returned none. */
  identities: string[]
  /** Epoch ms at which the provider says the renewal ends whatever is done; absent: not said. */
  renewalExpiresAt?: number
}
