import type { Account } from '../../accounts/account.ts'
import { signInOwners } from '../../accounts/accounts.ts'
import type { StoreConfiguration } from '../../configuration/configuration.ts'
import type { Log } from '../../logging/log.ts'
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

/** How a store's are opened. */
export type OpenSeenGrants = typeof openSeenGrants
