import type { Secret } from '../../logging/secret.ts'
import type { IdTokenClaims } from '../../oauth/id-token.ts'

/** What renews an access token without a person; sealed by the store as it is. */
export interface Renewal {
  kind: 'refresh_token'
  refreshToken: Secret
}

/** An access token, in the same words for every provider. */
export interface IssuedToken {
  accessToken: Secret
  /** Epoch ms, counted from the request; 24 h after it at most. */
  expiresAt: number
  scopes: string[]
}

/** An id_token, and what it is to be checked against. */
export interface ReceivedIdToken {
  claims: IdTokenClaims
  /** The provider's issuer identifier; absent: not known. */
  issuer?: string
  /** Epoch ms by the provider's clock. */
  answeredAt: number
}

/** What a token endpoint gave for a person's sign-in. */
export interface TokenSet extends IssuedToken {
  /** The rotated renewal, or the one that was used where the provider did not rotate it. */
  renewal: Renewal
  /** Addresses the provider returned for whoever signed in; empty where it returned none. */
  identities: string[]
  /** Absent where none came, or none that can be read. */
  idToken?: ReceivedIdToken
  /** Epoch ms at which the provider says the renewal expires in any case; absent: not said. */
  renewalExpiresAt?: number
}
