/** What the tokens of this host tell of grants, and what is known of those when one is refreshed. */
import { type Account, signInOwner } from '../../accounts/account.ts'
import { isNewer } from '../../accounts/newer-token.ts'
import type { AccountToken } from '../tokens/account-token.ts'
import type { HeldToken } from '../tokens/token-context.ts'
import type { SeenGrants } from './seen-grants.ts'

/** Notes by which grant a token was got that is here now: only a strict provider minds an older one. */
export function noteSeen(
  { account, history }: Pick<AccountToken, 'account' | 'history'>,
  seen: Pick<SeenGrants, 'note'> | undefined,
): void {
  const { signedInAt, number } = history.newest ?? {}
  if (account.rotation !== 'strict' || signedInAt === undefined || number === undefined) return
  seen?.note(signInOwner(account), { signedInAt, number })
}

/** What is held of an account's tokens, with the newest grant of its sign-in that was ever seen here. */
export function withSeen(
  account: Account,
  held: HeldToken,
  seen: SeenGrants | undefined,
): HeldToken {
  const stage = seen?.find(signInOwner(account))
  return stage === undefined || !isNewer(stage, held.newest) ? held : { ...held, newest: stage }
}
