import type { Account } from '../../accounts/account.ts'
import type { TokenExchange } from '../../https/token-exchange.ts'
import type {
  AuthorizationRequest,
  AuthorizationStart,
  CodeRedemption,
} from '../../messages/renewer-jobs.ts'
import type { DeviceFlow } from './device-flow.ts'
import type { IssuedToken, Renewal, TokenSet } from './issued-token.ts'

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
  deviceFlow: DeviceFlow
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
  /** True when the provider revoked it (RFC 7009); false where it does not offer revocation. */
  revoke(account: Account, renewal: Renewal, signal: AbortSignal): Promise<boolean>
}
