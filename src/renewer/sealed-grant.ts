import type { Account } from '../accounts/account.ts'
import { fingerprint, type Secret } from '../logging/secret.ts'
import type { TokenSet } from '../providers/issued-token.ts'
import type { StoredGrant } from '../store/record.ts'
import type { Store } from '../store/store.ts'
import type { Refreshed } from './messages.ts'

/** What is kept of an account's own sign-in; instants are epoch ms. */
export function grantOf(
  { user, provider, issuer, clientId }: Account,
  { renewal, renewalExpiresAt, scopes, identities: [identity] }: TokenSet,
  instants: { signedInAt: number; refreshedAt: number },
): StoredGrant {
  return {
    user,
    provider,
    issuer,
    clientId,
    renewal,
    scopes,
    ...instants,
    ...(identity === undefined ? {} : { identity }),
    ...(renewalExpiresAt === undefined ? {} : { renewalExpiresAt }),
  }
}

/** A grant that another account used: it stays what it is, but for what the provider rotates. */
export function rotated(
  grant: StoredGrant,
  { renewal, renewalExpiresAt }: TokenSet,
  refreshedAt: number,
): StoredGrant {
  const told = renewalExpiresAt === undefined ? {} : { renewalExpiresAt }
  return { ...grant, renewal, refreshedAt, ...told }
}

/** An access token as it crosses to the daemon, which serves it. */
export function disclosed(accessToken: Secret): Pick<Refreshed, 'accessToken' | 'fingerprint'> {
  return { accessToken: accessToken.reveal(), fingerprint: fingerprint(accessToken) }
}

/** Seals the grant; only then may the access token leave. */
export async function seal(
  store: Store,
  grant: StoredGrant,
  { accessToken, expiresAt, scopes, renewalExpiresAt, identities: [identity] }: TokenSet,
): Promise<Refreshed> {
  const { isDurable } = await store.save(grant)
  return {
    ...disclosed(accessToken),
    expiresAt,
    scopes,
    signedInAt: grant.signedInAt,
    isDurable,
    ...(identity === undefined ? {} : { identity }),
    ...(renewalExpiresAt === undefined ? {} : { renewalExpiresAt }),
  }
}
