/** The state of an account before the store that hosts share has been read. */
import type { CmsOauthError } from '../../errors.ts'
import type { TokenState } from './token-state.ts'

/** The state until the store is read, and why it could not be; others stay as they are. */
export function awaitStore(state: TokenState, unread: CmsOauthError | undefined): TokenState {
  if (state.name !== 'signed_out' && state.name !== 'awaiting_store') return state
  return { name: 'awaiting_store', ...(unread === undefined ? {} : { unread }) }
}

/** True while a token comes, if it does, from elsewhere: another host has the account, or the store has not been read. */
export function isLeftToOthers({ name }: TokenState): boolean {
  return name === 'waiting' || name === 'awaiting_store'
}
