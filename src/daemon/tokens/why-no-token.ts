import {
  AccountUnknownError,
  type CmsOauthError,
  ProviderUnavailableError,
  SignInRequiredError,
  StoreLockedError,
} from '../../errors.ts'
import { isoTime } from '../../schedule/iso-time.ts'
import { isLeftToOthers } from './awaiting-store.ts'
import { failuresIn, type Later, type SignedOutBecause, type TokenState } from './token-state.ts'

/**
 * Why an account in this state has no token to serve. While it may be temporary, the code is one that asks
 * a mail program to try later, also after a first refusal of the grant.
 */
export function whyNoToken(user: string, state: TokenState): CmsOauthError {
  switch (state.name) {
    case 'signed_out':
      return signedOut(user, state.because)
    case 'sign_in_required':
    case 'misconfigured':
      return state.failure.error
    case 'active':
      return shortLived(user)
    case 'awaiting_store':
      return state.unread ?? storeNotRead(user)
    case 'waiting':
      return heldElsewhere(user, state.for)
    case 'backing_off':
    case 'refreshing':
      return mayPass(user, failuresIn(state)?.error)
  }
}

/** Why a refresh that somebody asked for brought nothing; undefined: it did. */
export function whyNotRefreshed(user: string, state: TokenState): CmsOauthError | undefined {
  const isNobodysFault = state.name === 'signed_out' || isLeftToOthers(state)
  return isNobodysFault ? whyNoToken(user, state) : failuresIn(state)?.error
}

function storeNotRead(user: string): CmsOauthError {
  const message = `the store that hosts share has not been read yet: no token of "${user}" is here`
  return new StoreLockedError(message, { hint: 'try again; "cms-oauth status" says how etcd is' })
}

/** That another host has the account, and until when. */
function heldElsewhere(user: string, later: Later): CmsOauthError {
  if (later.reason === 'served') {
    const message = `no host has renewed the token of "${user}"`
    const hint = 'run "cms-oauth status" on a host with role = "renew"'
    return new StoreLockedError(message, { hint, actor: 'you' })
  }
  const { host, atMs, reason } = later
  const message =
    reason === 'locked'
      ? `the host "${host}" is refreshing the token of "${user}"`
      : `the host "${host}" may have used the refresh token of "${user}", and its answer is not known`
  return new StoreLockedError(message, { hint: `try again after ${isoTime(atMs)}` })
}

function signedOut(user: string, because: SignedOutBecause | undefined): CmsOauthError {
  if (because === 'removed') {
    return new AccountUnknownError(`"${user}" was removed from the configuration`, {
      hint: 'its sign-in is kept: add the account again, or run "cms-oauth logout" for it',
    })
  }
  const message =
    because === 'logout' ? `"${user}" was signed out` : `nobody has signed in for "${user}" yet`
  return new SignInRequiredError(message, { hint: `run "cms-oauth login ${user}"` })
}

function shortLived(user: string): CmsOauthError {
  return new ProviderUnavailableError(
    `the access token of "${user}" has expired, and the provider gives the next one in some seconds`,
    {
      hint: 'try again then; the provider gives tokens for a few seconds only, which its settings may change (expires_in)',
    },
  )
}

function mayPass(user: string, error: CmsOauthError | undefined): CmsOauthError {
  if (error === undefined) {
    return new ProviderUnavailableError(`the provider has not answered for "${user}" yet`, {
      hint: 'try again in a few seconds',
    })
  }
  if (error.code !== 'sign_in_required') return error
  return new ProviderUnavailableError(`${error.message}; this is checked once more`, {
    hint: `wait two minutes, or run "cms-oauth refresh ${user}"`,
    answer: error.answer,
    cause: error,
  })
}
