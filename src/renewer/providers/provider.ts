import type { Account } from '../../accounts/account.ts'
import type { Secret } from '../../logging/secret.ts'
import type { DeviceFlow } from './device-flow.ts'
import type { IssuedToken, Renewal, TokenSet } from './issued-token.ts'
import type { TokenExchange } from '../../https/token-exchange.ts'

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
 * One issuer of tokens. Every function talks to the network, ends when its signal aborts, retries
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
  redeemCode(
    account: Account,
    redemption: CodeRedemption,
    exchange: TokenExchange,
  ): Promise<TokenSet>
  refresh(account: Account, renewal: Renewal, exchange: TokenExchange): Promise<TokenSet>
  /**
   * The addresses of whoever signed in, where the tokens do not tell them; none where the provider
   * does not say. Absent where the tokens tell all that there is.
   */
  identify?(account: Account, tokens: TokenSet, signal: AbortSignal): Promise<string[]>
  /**
   * A token by the client's own credentials, for a grant without a sign-in: nothing renews it, it is
   * requested again. Throws ConfigInvalidError and InsecureFileModeError for credentials here.
   */
  fetchAppToken(account: Account, signal: AbortSignal): Promise<IssuedToken>
  /** True when the provider revoked it (RFC 7009); false where it offers no revocation. */
  revoke(account: Account, renewal: Renewal, signal: AbortSignal): Promise<boolean>
}
