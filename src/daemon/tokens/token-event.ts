import type { CmsOauthError } from '../../errors.ts'

/** What an account's token tells the rest of the daemon. */
export type TokenEvent =
  | { event: 'token.refreshed'; isDurable: boolean }
  | { event: 'token.refresh_failed'; error: CmsOauthError }
  | { event: 'token.sign_in_required'; error: CmsOauthError }
  | { event: 'token.forgotten' }
  | { event: 'sign_in.opened' }
  | { event: 'sign_in.closed' }
