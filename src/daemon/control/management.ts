import type { SignInMethod } from '../../accounts/sign-in-method.ts'
import type {
  AccountsAnswer,
  BrokerEvent,
  ForgetAnswer,
  ReloadAnswer,
  SignInProgress,
} from '../../messages/control-api.ts'
import type { Diagnostics } from '../../messages/diagnostics.ts'
import type { Lazily } from './send-accounts.ts'

/** What the control socket needs of the daemon; every function may throw a CmsOauthError. */
export interface Management {
  accounts(): Lazily<AccountsAnswer>
  /** Of all accounts, or of the one named. */
  diagnostics(user?: string): Promise<Diagnostics>
  /**
   * Yields progress up to and including the last line; aborting `signal` ends the sign-in, unless it
   * is by device code. Without a method it is what the account's `grant` says.
   */
  signIn(user: string, signal: AbortSignal, method?: SignInMethod): AsyncIterable<SignInProgress>
  /** Hands the address that a browser elsewhere ended at to the open sign-in. */
  redirectSignIn(user: string, url: string): void
  importGrant(user: string, refreshToken: string): Promise<void>
  forgetGrant(user: string, revoke: boolean): Promise<ForgetAnswer>
  refresh(user: string): Promise<void>
  reload(): Promise<ReloadAnswer>
  /** Calls the listener for each event until the returned function is called. */
  subscribe(listener: (event: BrokerEvent) => void): () => void
}
