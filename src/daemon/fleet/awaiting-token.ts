import type { AccountToken } from '../tokens/account-token.ts'

/** True while it is not known yet what the engine holds for the account of this token. */
export function isAwaiting(token: AccountToken | undefined): boolean {
  return token?.state.name === 'awaiting_store'
}

/** Ends what there is of a token: in the engine there is nothing of it any more, or never was. */
export function endWithout(token: AccountToken | undefined): void {
  if (isAwaiting(token)) token?.endWaiting()
  else if (token !== undefined && token.state.name !== 'signed_out') token.forget('logout')
}
