import { type Account, signInOwner } from '../../accounts/account.ts'
import { ProviderProtocolError } from '../../errors.ts'
import type { Secret } from '../../logging/secret.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import type { TokenSet } from '../providers/issued-token.ts'
import { encodeRecord, type StoredGrant } from '../store/record.ts'
import type { OpenExchange } from './exchanges.ts'
import type { GrantWorld } from './grant-world.ts'
import { revokeSignedOut } from './revoke-refused.ts'
import { grantOf, laterThan, refreshedBy, renewalBy, underLineage } from './sealed-grant.ts'
import { nameTestingEnd } from './testing-end.ts'

/** What is refreshed, and how urgently. */
interface GrantToRefresh {
  account: Account
  grant: StoredGrant
  /** True while an older token serves: a refresh can wait then for a disk that is full. */
  hasToken: boolean
}

/**
 * Refreshes a sealed grant. What the provider rotates is sealed before the rest of its answer is
 * judged; another subject's tokens are refused then.
 * @throws StoreLockedError where there is no room for what may come, and as Provider.refresh does
 */
export async function refreshGrant(
  world: GrantWorld,
  { account, grant, hasToken }: GrantToRefresh,
  exchange: OpenExchange,
): Promise<FreshToken> {
  const { store, provider, claim, now } = world
  const reservation = await store.reserve(signInOwner(account), {
    kind: 'grant',
    mayFallBack: !hasToken,
  })
  const refreshedAt = () => laterThan([grant.refreshedAt], now())
  let sealed = grant
  let isDurable = true
  const seal = async (changed: StoredGrant, save: typeof reservation.save) => {
    if (!exchange.isCurrent()) return
    sealed = changed
    isDurable = (await save(underLineage(changed, claim.lineage('refresh')))).isDurable
  }
  const keep = async (refreshToken: Secret) => {
    if (!exchange.isCurrent()) return exchange.drop(refreshToken)
    const renewal = renewalBy(refreshToken)
    const kept = { ...grant, renewal, refreshedAt: refreshedAt() }
    claim.ifSuperseded(() => revokeSignedOut(world, account, kept))
    await seal(kept, (saved) => reservation.save(saved))
  }
  try {
    const tokens = await provider
      .refresh(account, grant.renewal, { ...exchange, keep })
      .catch((error: unknown) => {
        throw nameTestingEnd(account, grant, error, now())
      })
    requireSameSubject(account, grant, tokens)
    // Said at the sign-in, and by some providers never again.
    const { renewalExpiresAt } = grant
    const dated = renewalExpiresAt === undefined ? tokens : { renewalExpiresAt, ...tokens }
    const newest = sealed === grant ? refreshedAt() : sealed.refreshedAt
    const whole = wholeGrant(account, grant, dated, newest)
    if (!claim.isSuperseded && !isSame(whole, sealed)) await seal(whole, (kept) => store.save(kept))
    return refreshedBy(dated, whole, isDurable)
  } finally {
    reservation.release()
  }
}

/** A grant that another account used stays what it is, but for what the provider rotates. */
function wholeGrant(
  account: Account,
  grant: StoredGrant,
  tokens: TokenSet,
  refreshedAt: number,
): StoredGrant {
  const { renewal, renewalExpiresAt } = tokens
  if (signInOwner(account) !== account.user) {
    const expiry = renewalExpiresAt === undefined ? {} : { renewalExpiresAt }
    return { ...grant, renewal, refreshedAt, ...expiry }
  }
  const { signedInAt, identity, subject } = grant
  return {
    // An answer need not tell again whose it is.
    ...(identity === undefined ? {} : { identity }),
    ...grantOf(account, tokens, { signedInAt, refreshedAt }),
    ...(subject === undefined ? {} : { subject }),
  }
}

function isSame(one: StoredGrant, other: StoredGrant): boolean {
  return encodeRecord(one).equals(encodeRecord(other))
}

/** An id_token decides nothing else at a refresh (OpenID Connect Core section 12.2). */
function requireSameSubject({ user }: Account, grant: StoredGrant, tokens: TokenSet): void {
  const subject = tokens.idToken?.claims.subject
  if (subject === undefined || grant.subject === undefined || subject === grant.subject) return
  throw new ProviderProtocolError(
    `the provider answered the refresh of "${user}" with the tokens of somebody else`,
    {
      hint: `run "cms-oauth login ${user}"; if this happens again, report it to who runs the provider`,
    },
  )
}
