import { createHash } from 'node:crypto'
import type { Account } from '../../accounts/account.ts'
import { isCmsOauthError, type SignInFailedError } from '../../errors.ts'
import type { TokenExchange } from '../../https/token-exchange.ts'
import type { Secret } from '../../logging/secret.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import type { PollLater } from '../../oauth/device-poll.ts'
import type { TokenSet } from '../providers/issued-token.ts'
import type { StoredGrant } from '../store/record.ts'
import type { OpenExchange } from './exchanges.ts'
import { isWanted, requireMail, requireOwnIdToken, wrongIdentity } from './grant-checks.ts'
import type { GrantWorld } from './grant-world.ts'
import { identifySigner } from './identify-signer.ts'
import { revokeRefused, revokeSignedOut } from './revoke-refused.ts'
import {
  bareGrant,
  grantOf,
  type Instants,
  laterThan,
  refreshedBy,
  renewalBy,
  underLineage,
} from './sealed-grant.ts'

/** How a grant is begun; `Later` is what a poll for it may bring in its place. */
export interface Beginning<Later extends PollLater = never> {
  account: Account
  /** Of a person's sign-in, whose id_token is checked; absent: a refresh, where it decides nothing. */
  signIn?: { nonce?: string }
  /** The digest of the foreign refresh token that is taken over; see digestOf. */
  importedFrom?: string
  /** Epoch ms of the sign-in; absent: now. */
  signedInAt?: number
  /** Exchanges the credential of this sign-in; not yet: a device code that nobody has typed. */
  ask: (exchange: TokenExchange) => Promise<TokenSet | Later>
  /** Told where an odd answer ends it, and what came is there for the next refresh to take up. */
  onKept?: (user: string) => void
}

/**
 * Begins a grant: by a code, a device code, or a foreign refresh token. What the provider gives is
 * sealed as unconfirmed first; it becomes the account's when nothing speaks against that.
 * @throws SignInFailedError for a sign-in of somebody else, which is kept and never used as it is;
 * ProviderProtocolError for tokens that belong elsewhere; what `ask` throws
 */
export async function beginGrant<Later extends PollLater = never>(
  world: GrantWorld,
  beginning: Beginning<Later>,
  exchange: OpenExchange,
): Promise<FreshToken | Later> {
  const { account, ask, onKept } = beginning
  const begun = await begunNow(world, beginning)
  const reservation = await world.store.reserve(account.user, {
    kind: 'unconfirmed',
    mayFallBack: true,
  })
  let isKept = false
  const keep = async (refreshToken: Secret) => {
    if (!exchange.isCurrent()) return exchange.drop(refreshToken)
    await reservation.save(unconfirmedGrant(beginning, refreshToken, begun))
    isKept = true
  }
  try {
    const tokens = await ask({ ...exchange, keep })
    if (typeof tokens === 'string') return tokens
    return await judge(world, beginning, exchange, { tokens, begun })
  } catch (error) {
    if (isKept && (await isPending(world, account))) onKept?.(account.user)
    throw error
  } finally {
    reservation.release()
  }
}

/** All of a beginning but how its tokens are asked for. */
type Circumstances = Omit<Beginning, 'ask'>

/** When it began, and whether the account had a sign-in then. */
interface Begun extends Instants {
  isReplacement: boolean
}

async function begunNow(
  { store: { overview }, now }: GrantWorld,
  { account, signedInAt }: Circumstances,
): Promise<Begun> {
  const users = [account.user]
  const older = await overview.list(users)
  const present = [...older, ...(await overview.listUnconfirmed(users))]
  const signIns = present.map((record) => record.signedInAt)
  const refreshes = present.map((record) => record.refreshedAt)
  return {
    signedInAt: signedInAt ?? laterThan(signIns, now()),
    refreshedAt: laterThan(refreshes, now()),
    isReplacement: older.length > 0,
  }
}

/** The SHA-256 of a foreign refresh token, which tells it when it comes again. */
export function digestOf(refreshToken: Secret): string {
  return createHash('sha256').update(refreshToken.reveal()).digest('hex')
}

function unconfirmedGrant(
  { account, importedFrom }: Circumstances,
  refreshToken: Secret,
  begun: Begun,
): StoredGrant {
  return {
    ...bareGrant(account, renewalBy(refreshToken), begun),
    ...(begun.isReplacement ? { isReplacement: true } : {}),
    ...(importedFrom === undefined ? {} : { importedFrom }),
  }
}

/** False for an import: the program that the token comes from goes on using it, so that it is never revoked. */
function mayBeRevoked({ importedFrom }: Circumstances): boolean {
  return importedFrom === undefined
}

async function judge(
  world: GrantWorld,
  beginning: Circumstances,
  exchange: OpenExchange,
  { tokens, begun }: { tokens: TokenSet; begun: Begun },
): Promise<FreshToken> {
  const { store, provider } = world
  const { account, signIn } = beginning
  try {
    requireMail(account, tokens)
    if (signIn !== undefined) requireOwnIdToken(account, tokens, signIn.nonce)
  } catch (error) {
    if (mayBeRevoked(beginning)) await revokeRefused(world, account, tokens)
    await store.removeUnconfirmed(account.user)
    throw error
  }
  const identified = { ...tokens, identities: await identifySigner(provider, account, tokens) }
  if (!isWanted(account, identified.identities)) {
    throw await refuse(world, beginning, identified, begun)
  }
  const grant = grantOf(account, identified, begun)
  if (!exchange.isCurrent()) return refreshedBy(identified, grant, true)
  exchange.supersede()
  // Which one, may have changed since it was begun.
  const { claim } = world
  if (mayBeRevoked(beginning)) claim.ifSuperseded(() => revokeSignedOut(world, account, grant))
  const { isDurable } = await store.save(underLineage(grant, claim.lineage('sign-in')))
  await removeLeftover(store, account)
  return refreshedBy(identified, grant, isDurable)
}

/** One that cannot be removed is as old as the grant by now, and taken up by nobody. */
async function removeLeftover(store: GrantWorld['store'], { user }: Account): Promise<void> {
  try {
    await store.removeUnconfirmed(user)
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
  }
}

/** Ends at the provider what is somebody else's, or keeps it: login_hint may turn out to be the mistake. */
async function refuse(
  world: GrantWorld,
  beginning: Circumstances,
  tokens: TokenSet,
  begun: Begun,
): Promise<SignInFailedError> {
  const { account } = beginning
  const isRevoked = mayBeRevoked(beginning) && (await revokeRefused(world, account, tokens))
  if (isRevoked) await world.store.removeUnconfirmed(account.user)
  else await setAside(world, beginning, tokens, begun)
  return wrongIdentity(account, tokens.identities, isRevoked)
}

async function setAside(
  { store }: GrantWorld,
  beginning: Circumstances,
  { renewal, identities }: TokenSet,
  begun: Begun,
): Promise<void> {
  const { user } = beginning.account
  const reservation = await store.reserve(user, { kind: 'unconfirmed', mayFallBack: true })
  const grant = unconfirmedGrant(beginning, renewal.refreshToken, begun)
  await reservation.save({ ...grant, addresses: identities })
}

async function isPending({ store }: GrantWorld, { user }: Account): Promise<boolean> {
  const unconfirmed = await store.readUnconfirmed(user)
  return unconfirmed !== undefined && unconfirmed.addresses === undefined
}
