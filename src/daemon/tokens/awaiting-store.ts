/** The state of an account before the store that hosts share has been read. */
import type { CmsOauthError } from '../../errors.ts'
import type { TokenState } from './token-state.ts'

/** The state until the store is read, and why it could not be; others stay as they are. */
export function awaitStore(state: TokenState, unread: CmsOauthError | undefined): TokenState {
  if (state.name !== 'signed_out' && !isAwaitingStore(state)) return state
  return { name: 'waiting', ...(unread === undefined ? {} : { unread }) }
}

/** True while nobody knows whether somebody has signed in. */
export function isAwaitingStore(state: TokenState): boolean {
  return state.name === 'waiting' && state.for === undefined
}
