import { type Account, signInOwner } from '../../accounts/account.ts'
import { isCmsOauthError } from '../../errors.ts'
import { afterRunning } from '../../schedule/running-time.ts'
import type { Renewal, TokenSet } from '../providers/issued-token.ts'
import type { Provider } from '../providers/provider.ts'
import type { GrantWorld } from './grant-world.ts'

const limitMs = 5_000

/**
 * Revokes what came of a sign-in that is refused, so that no live refresh token stays at the provider;
 * false where it cannot be revoked. Nor may it be where an account, this one too, is signed in as the
 * same person: providers revoke all that a person gave to the client (Google), or in the same visit.
 */
export async function revokeRefused(
  { store, provider }: GrantWorld,
  account: Account,
  { renewal, identities }: TokenSet,
): Promise<boolean> {
  if (await store.overview.hasSignInOf(account, identities)) return false
  return revokeInTime(provider, account, renewal)
}

/**
 * Revokes what came of an exchange that another host's logout has overtaken. Not where a person has
 * signed in, or another host has refreshed: providers may end that sign-in too.
 */
export async function revokeSignedOut(
  { store, provider }: Pick<GrantWorld, 'store' | 'provider'>,
  account: Account,
  renewal: Renewal,
): Promise<boolean> {
  const records = await store.overview.list([signInOwner(account)])
  return records.length === 0 && revokeInTime(provider, account, renewal)
}

/** Asks for a revocation that nobody waits for; false where it cannot be had, or not soon. */
export async function revokeInTime(
  provider: Provider,
  account: Account,
  renewal: Renewal,
): Promise<boolean> {
  const controller = new AbortController()
  const stop = afterRunning(limitMs, () => controller.abort())
  try {
    return await provider.revoke(account, renewal, controller.signal)
  } catch (error) {
    if (isCmsOauthError(error)) return false
    throw error
  } finally {
    stop()
  }
}
