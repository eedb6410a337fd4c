import type { AccountState } from '../../messages/control-api.ts'
import type { AccountToken } from './account-token.ts'

/** The state as people and programs are told it: to wait for another host is nothing that they could act on. */
export function shownState({ isSigningIn, state, servable }: AccountToken): AccountState {
  if (isSigningIn) return 'signing_in'
  if (state.name === 'awaiting_store') return 'refreshing'
  if (state.name !== 'waiting') return state.name
  return servable === undefined ? 'refreshing' : 'active'
}
