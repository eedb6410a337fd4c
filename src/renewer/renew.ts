import { type Account, signInOwner } from '../accounts/account.ts'
import { isCmsOauthError, SignInRequiredError } from '../errors.ts'
import type { StoredGrant } from '../store/record.ts'
import type { Store } from '../store/store.ts'
import type { OpenExchange } from './exchanges.ts'
import { isOfIssuer, isWanted, requireSameIssuer } from './grant-checks.ts'
import type { GrantWorld } from './grant-world.ts'
import type { Refreshed } from './messages.ts'
import { beginGrant } from './new-grant.ts'
import { refreshGrant } from './refresh-grant.ts'

/** What is renewed, and how urgently. */
export interface Renewing {
  account: Account
  /** True while an older token serves. */
  hasToken: boolean
}

/**
 * A fresh access token by the account's sign-in, or by one that was sealed and not confirmed yet where
 * that is newer: its answer was odd, the process died before it was judged, or its address is wanted
 * only since the configuration has changed.
 * @throws SignInRequiredError where there is neither, and as refreshGrant does
 */
export async function renew(
  world: GrantWorld,
  renewing: Renewing,
  exchange: OpenExchange,
): Promise<Refreshed> {
  const { account } = renewing
  const owner = signInOwner(account)
  const grant = await world.store.read(owner)
  const taken = owner === account.user ? await takeUp(world, account, grant, exchange) : undefined
  if (taken !== undefined) return taken
  if (grant === undefined) throw signedOut(owner)
  requireSameIssuer(account, grant)
  return refreshGrant(world, { ...renewing, grant }, exchange)
}

/** True for an unconfirmed grant that a refresh of the account may take up. */
export function mayBeTakenUp({ loginHint }: Pick<Account, 'loginHint'>, grant: StoredGrant) {
  return isWanted({ loginHint }, grant.addresses ?? [])
}

/** Undefined where there is nothing to take up, or the grant that is there must do for now. */
async function takeUp(
  world: GrantWorld,
  account: Account,
  grant: StoredGrant | undefined,
  exchange: OpenExchange,
): Promise<Refreshed | undefined> {
  const { store, provider } = world
  const found = await findUnconfirmed(store, account, grant)
  if (found === undefined) return undefined
  const { renewal, signedInAt, importedFrom } = found
  const beginning = {
    account,
    signedInAt,
    ...(importedFrom === undefined ? {} : { importedFrom }),
    ask: (open: Parameters<typeof provider.refresh>[2]) => provider.refresh(account, renewal, open),
  }
  try {
    return (await beginGrant(world, beginning, exchange)) as Refreshed
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    if (error.code === 'provider_protocol' && grant !== undefined) return undefined
    if (error.code !== 'sign_in_required') throw error
    await store.removeUnconfirmed(account.user)
    return undefined
  }
}

async function findUnconfirmed(
  store: Store,
  account: Account,
  grant: StoredGrant | undefined,
): Promise<StoredGrant | undefined> {
  try {
    const found = await store.readUnconfirmed(account.user)
    if (found === undefined || !isOfIssuer(account, found)) return undefined
    const isNewest = grant === undefined || found.signedInAt > grant.signedInAt
    return isNewest && mayBeTakenUp(account, found) ? found : undefined
  } catch (error) {
    // One that is damaged is no loss where there is another; reading that tells of its own.
    if (isCmsOauthError(error) && error.code === 'store_unreadable') return undefined
    throw error
  }
}

function signedOut(owner: string): SignInRequiredError {
  return new SignInRequiredError(`nobody has signed in for "${owner}" yet`, {
    hint: `run "cms-oauth login ${owner}"`,
  })
}
