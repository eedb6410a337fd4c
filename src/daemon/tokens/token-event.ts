import type { CmsOauthError } from '../../errors.ts'

/** What an account's token tells the rest of the daemon. */
export type TokenEvent =
  | { event: 'token.refreshed'; isDurable: boolean }
  /** Another host has got it. */
  | { event: 'token.adopted' }
  /** For the schedule alone: nothing has happened that anybody is told. */
  | { event: 'token.waiting' }
  | { event: 'token.refresh_failed'; error: CmsOauthError }
  | { event: 'token.sign_in_required'; error: CmsOauthError }
  | { event: 'token.forgotten' }
  | { event: 'sign_in.opened' }
  | { event: 'sign_in.closed' }
