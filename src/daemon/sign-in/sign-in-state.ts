import type { FreshToken, Jobs } from '../../messages/renewer-jobs.ts'
import type { SignInFailure } from './sign-in-failure.ts'

type Authorization = Jobs['start-authorization']['result']

/** What came of a sign-in. */
export type SignInEnd =
  { name: 'completed'; refreshed: FreshToken } | { name: 'failed'; failure: SignInFailure }

/** Where a sign-in in a browser is. Whatever happens at another point than its own changes nothing. */
export type SignInState =
  /** The provider is asked for the URL to send the browser to. */
  | { name: 'preparing' }
  /** A person is at it. */
  | { name: 'waiting'; authorization: Authorization }
  /** The code is back, and is being exchanged for a grant. */
  | { name: 'redeeming' }
  | SignInEnd

/** The URL is there. */
export function authorize(state: SignInState, authorization: Authorization): SignInState {
  return state.name === 'preparing' ? { name: 'waiting', authorization } : state
}

/** The code has come. */
export function redeem(state: SignInState): SignInState {
  return endOf(state) === undefined ? { name: 'redeeming' } : state
}

/** The grant is there; only a sign-in that is being redeemed can get one. */
export function complete(state: SignInState, refreshed: FreshToken): SignInState {
  return state.name === 'redeeming' ? { name: 'completed', refreshed } : state
}

/** It failed, expired or was cancelled: only the first end counts. */
export function fail(state: SignInState, failure: SignInFailure): SignInState {
  return endOf(state) ?? { name: 'failed', failure }
}

/** How it ended; undefined: it is open. */
export function endOf(state: SignInState): SignInEnd | undefined {
  return state.name === 'completed' || state.name === 'failed' ? state : undefined
}
