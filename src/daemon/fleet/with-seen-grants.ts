/** What the tokens of this host tell of grants, and what is known of those when one is refreshed. */
import { type Account, signInOwner } from '../../accounts/account.ts'
import { signInOwners } from '../../accounts/accounts.ts'
import type { StoreConfiguration } from '../../configuration/configuration.ts'
import type { Log } from '../../logging/log.ts'
import { isNewer } from '../../accounts/newer-token.ts'
import type { AccountToken } from '../tokens/account-token.ts'
import type { HeldToken } from '../tokens/token-context.ts'
import { SeenGrants } from './seen-grants.ts'

/** Reads what was seen; undefined where no other host writes the store, or this one refreshes nothing. */
export function openSeenGrants(
  store: StoreConfiguration,
  accounts: Iterable<Account>,
  log: Log,
): SeenGrants | undefined {
  if (store.kind !== 'etcd' || store.role !== 'renew') return undefined
  const owners = signInOwners(accounts).map(({ user }) => user)
  return new SeenGrants({ stateDirectory: store.stateDirectory, owners, log })
}

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
