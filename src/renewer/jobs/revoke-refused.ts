import type { Account } from '../../accounts/account.ts'
import { isCmsOauthError } from '../../errors.ts'
import { afterRunning } from '../../schedule/running-time.ts'
import type { Renewal, TokenSet } from '../providers/issued-token.ts'
import type { Provider } from '../providers/provider.ts'
import type { StoredGrant } from '../store/record.ts'
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
 * Revokes what came of an exchange that a logout has overtaken; false where it was not. Nor may it be where
 * the account has a sign-in again, or still, or another account has one of the same person: a refresh ends
 * with every other of the same sign-in, and at some providers with every sign-in of the person at the
 * client (Google, Keycloak).
 */
export async function revokeSignedOut(
  { store, provider }: Pick<GrantWorld, 'store' | 'provider'>,
  account: Account,
  { user, identity = user, renewal }: Pick<StoredGrant, 'user' | 'identity' | 'renewal'>,
): Promise<boolean> {
  const [record] = await store.overview.list([user])
  if (record !== undefined || (await store.overview.hasSignInOf(account, [identity]))) return false
  return revokeInTime(provider, account, renewal)
}

/** Asks for a revocation that nobody waits for; false where it cannot be had, or not soon. */
async function revokeInTime(
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
