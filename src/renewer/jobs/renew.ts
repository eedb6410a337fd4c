import { type Account, signInOwner } from '../../accounts/account.ts'
import {
  type CmsOauthError,
  hasUnknownFate,
  isCmsOauthError,
  ProviderUnavailableError,
  withUnknownFate,
} from '../../errors.ts'
import type { FreshToken, GrantStage, RefreshLater } from '../../messages/renewer-jobs.ts'
import type { StoredGrant } from '../store/record.ts'
import type { Store } from '../store/store.ts'
import { endsWithin } from './ends-within.ts'
import type { ExtensibleExchange, OpenExchange } from './exchanges.ts'
import { isOfIssuer, isWanted, requireSameIssuer } from './grant-checks.ts'
import type { GrantWorld } from './grant-world.ts'
import { type Beginning, beginGrant } from './new-grant.ts'
import { refreshGrant } from './refresh-grant.ts'
import { isOutdated, missingSignIn, outdatedSignIn } from './restored-store.ts'
import { withClaim } from './under-claim.ts'

/** What is renewed, and how urgently. */
export interface Renewing {
  account: Account
  /** True while an older token serves. */
  hasToken: boolean
  /** Of the grants that tokens in memory were got by; undefined: nobody counts them, or there is none. */
  newest: GrantStage | undefined
  /** The same of those that have come since the job was given. */
  newestSince: () => GrantStage | undefined
  /** How long a newer sign-in may keep the older one waiting, in ms. */
  patienceMs: number
}

/**
 * A fresh access token by the account's sign-in, or by one that was sealed and not confirmed yet where
 * that is newer: its answer was odd, the process died before it was judged, or its address is wanted
 * only since the configuration has changed. Whatever such a one meets, the older one is used then: it
 * is another sign-in, with refresh tokens of its own, so that none is presented twice. One that hangs
 * goes on beside it for as long as an exchange may; until its end no refresh presents that one again.
 * @throws SignInRequiredError where there is neither, and as refreshGrant does
 */
export async function renew(
  world: GrantWorld,
  renewing: Renewing,
  exchange: ExtensibleExchange<FreshToken | { later: RefreshLater }>,
): Promise<FreshToken> {
  const { account, patienceMs } = renewing
  const { store, claim } = world
  const owner = signInOwner(account)
  const grant = await store.readUnder(claim, owner)
  const isOwn = owner === account.user && !exchange.isOneBeside()
  const newer = isOwn ? await findUnconfirmed(store, renewing, grant) : undefined
  if (newer === undefined) return renewOlder(world, renewing, grant, exchange)
  // The host before may have presented the newer one, and still be at it.
  if (claim.isTakeover && grant !== undefined) {
    return renewOlder(world, renewing, grant, exchange).catch((error: unknown) => {
      if (!isRefusal(error)) throw error
      return takeUp(world, renewing, newer, exchange)
    })
  }
  // Saved under a claim of its own once it goes on beside the older one.
  const begun = { ...world }
  const takenUp = takeUp(begun, renewing, newer, exchange)
  let late: FreshToken | undefined
  try {
    if (grant === undefined || (await endsWithin(takenUp, patienceMs))) return await takenUp
    begun.claim = claim.forSlowSignIn()
    exchange.goOnBeside(shareLate(begun, takenUp, (token) => (late = token)))
    throw stillOpen(account)
  } catch (error) {
    if (grant === undefined || !isCmsOauthError(error)) throw error
    const refreshed = await renewOlder(world, renewing, grant, exchange).catch((other: unknown) => {
      if (late !== undefined) return late
      if (mayStillWork(error) && isRefusal(other)) throw error
      throw hasUnknownFate(error) ? withUnknownFate(other) : other
    })
    // What the older one brought is not sealed where the newer one was faster.
    if (late !== undefined) return late
    // Where the older one works at the same moment, the provider's word of the newer one is believed.
    if (isRefusal(error)) await store.removeUnconfirmed(account.user)
    return hasUnknownFate(error) ? { ...refreshed, isNewerInDoubt: true } : refreshed
  }
}

/** What comes of the newer one, as the other hosts know it; told, unless another host was faster. */
async function shareLate(
  world: GrantWorld,
  takenUp: Promise<FreshToken>,
  onShared: (token: FreshToken) => void,
): Promise<FreshToken | { later: RefreshLater }> {
  const always = { maySend: () => true }
  const shared = await withClaim<never>(world, world.claim, always, (_claim, maySend) => {
    maySend()
    return takenUp
  })
  if (!('later' in shared)) onShared(shared)
  return shared
}

async function renewOlder(
  world: GrantWorld,
  renewing: Renewing,
  grant: StoredGrant | undefined,
  exchange: OpenExchange,
): Promise<FreshToken> {
  const { claim } = world
  const { account, newest } = renewing
  const owner = signInOwner(account)
  if (grant === undefined) throw missingSignIn(owner, newest)
  requireSameIssuer(account, grant)
  const { signedInAt } = grant
  const number = claim.lineage('refresh')?.number
  if (number === undefined) return refreshGrant(world, { ...renewing, grant }, exchange)
  const stage = { signedInAt, number }
  if (isOutdated(account, stage, newest)) throw outdatedSignIn(owner)
  return unlessOvertaken(world, renewing, { stage, exchange }, (open) =>
    refreshGrant(world, { ...renewing, grant }, open),
  )
}

function stillOpen({ user }: Account): ProviderUnavailableError {
  return new ProviderUnavailableError(
    `the provider has not answered yet for the newer sign-in of "${user}"`,
    { hint: 'this is usually temporary; its answer is still waited for' },
  )
}

function mayStillWork({ code }: CmsOauthError): boolean {
  return code === 'provider_unavailable' || code === 'store_locked'
}

function isRefusal(error: unknown): boolean {
  return isCmsOauthError(error) && error.code === 'sign_in_required'
}

/** True for an unconfirmed grant that a refresh may take up, of an account that has a sign-in or has none. */
export function mayBeTakenUp(
  account: Pick<Account, 'loginHint'>,
  { isReplacement = false, addresses = [] }: StoredGrant,
  isSignedIn: boolean,
): boolean {
  const isSignedOut = isReplacement && !isSignedIn
  return !isSignedOut && isWanted(account, addresses)
}

function takeUp(
  world: GrantWorld,
  renewing: Renewing,
  { renewal, signedInAt, importedFrom }: StoredGrant,
  exchange: OpenExchange,
): Promise<FreshToken> {
  const { provider } = world
  const { account } = renewing
  const beginning: Beginning = {
    account,
    signedInAt,
    ...(importedFrom === undefined ? {} : { importedFrom }),
    ask: (open) => provider.refresh(account, renewal, open),
  }
  const stage = { signedInAt, number: 0 }
  return unlessOvertaken(world, renewing, { stage, exchange }, (open) =>
    beginGrant(world, beginning, open),
  )
}

/**
 * Presents the refresh token of a grant, unless a token by a later one has come by the moment at which it would
 * leave: the store may have been restored since, or this host paused. Another try reads the store again.
 * @throws StoreLockedError where nothing left for that, and as `present` does
 */
async function unlessOvertaken<T>(
  world: GrantWorld,
  { account, newestSince }: Renewing,
  { stage, exchange }: { stage: GrantStage; exchange: OpenExchange },
  present: (exchange: OpenExchange) => Promise<T>,
): Promise<T> {
  let isOvertaken = false
  const maySend = () => {
    isOvertaken = isOutdated(account, stage, newestSince())
    return !isOvertaken && exchange.maySend()
  }
  try {
    return await present({ ...exchange, maySend })
  } catch (error) {
    throw isOvertaken ? world.claim.overtaken() : error
  }
}

async function findUnconfirmed(
  store: Store,
  { account, newest }: Pick<Renewing, 'account' | 'newest'>,
  grant: StoredGrant | undefined,
): Promise<StoredGrant | undefined> {
  try {
    const found = await store.readUnconfirmed(account.user)
    if (found === undefined || !isOfIssuer(account, found)) return undefined
    const { signedInAt } = found
    // A token by it is here: it was confirmed since.
    if (isOutdated(account, { signedInAt, number: 0 }, newest)) return undefined
    const isNewest = grant === undefined || signedInAt > grant.signedInAt
    return isNewest && mayBeTakenUp(account, found, grant !== undefined) ? found : undefined
  } catch (error) {
    // A damaged one costs nothing where there is another; reading that one reports its own damage.
    if (isCmsOauthError(error) && error.code === 'store_unreadable') return undefined
    throw error
  }
}
