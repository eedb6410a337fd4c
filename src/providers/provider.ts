import type { Account } from '../accounts/account.ts'
import type { Secret } from '../logging/secret.ts'
import type { DeviceFlow } from './device-flow.ts'

/** What renews an access token without a person; sealed by the store as it is. */
export interface Renewal {
  kind: 'refresh_token'
  refreshToken: Secret
}

/** An access token, in the same words for every provider. */
export interface IssuedToken {
  accessToken: Secret
  /** Epoch ms, by the wall clock of the answer; lifetime clamped to 60 s..24 h. */
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

/** A sign-in about to start (RFC 6749 section 4.1.1, RFC 7636 section 4.3). */
export interface AuthorizationRequest {
  redirectUri: string
  state: string
  nonce: string
  codeChallenge: string
}

/** Where to send the browser, and what to expect back. */
export interface AuthorizationStart {
  url: string
  /** The issuer identifier that an `iss` parameter must equal (RFC 9207); absent: not known. */
  issuer?: string
}

/** A code that came back (RFC 6749 section 4.1.3, RFC 7636 section 4.5). */
export interface CodeRedemption {
  redirectUri: string
  nonce: string
  code: Secret
  codeVerifier: Secret
}

/**
 * One issuer of tokens. Every function talks to the network, ends when `signal` aborts, retries
 * nothing, and throws only the errors of src/errors.ts:
 * ProviderUnavailableError (transient), SignInRequiredError (`invalid_grant` and interaction
 * required), ProviderRejectedError (only the operator helps), ProviderProtocolError.
 */
export interface Provider {
  startAuthorization(
    account: Account,
    request: AuthorizationRequest,
    signal: AbortSignal,
  ): Promise<AuthorizationStart>
  /** Absent where a device code does not admit mail. */
  deviceFlow?: DeviceFlow
  redeemCode(account: Account, redemption: CodeRedemption, signal: AbortSignal): Promise<TokenSet>
  refresh(account: Account, renewal: Renewal, signal: AbortSignal): Promise<TokenSet>
  /**
   * A token by the client's own credentials, for a grant without a sign-in: nothing renews it, it is
   * asked for anew. Throws ConfigInvalidError and InsecureFileModeError for credentials here.
   */
  fetchAppToken(account: Account, signal: AbortSignal): Promise<IssuedToken>
  /** True when the provider revoked it (RFC 7009); false where it offers no revocation. */
  revoke(account: Account, renewal: Renewal, signal: AbortSignal): Promise<boolean>
}
