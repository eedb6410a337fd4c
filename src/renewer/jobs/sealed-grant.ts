import type { Account } from '../../accounts/account.ts'
import { fingerprint, type Secret } from '../../logging/secret.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import type { Renewal, TokenSet } from '../providers/issued-token.ts'
import type { Lineage, StoredGrant } from '../store/record.ts'

/** When a grant was begun and last renewed, epoch ms: they decide which of two is the newest. */
export interface Instants {
  signedInAt: number
  refreshedAt: number
}

/** Now, but later than these: a clock that is set back must not make the newest record the older one. */
export function laterThan(earlier: readonly number[], now: number): number {
  return Math.max(now, ...earlier.map((instant) => instant + 1))
}

/** What is kept of an account's own sign-in. */
export function grantOf(account: Account, tokens: TokenSet, instants: Instants): StoredGrant {
  const { renewal, renewalExpiresAt, scopes, identities } = tokens
  const [identity] = identities
  const subject = tokens.idToken?.claims.subject
  return {
    ...bareGrant(account, renewal, instants),
    scopes,
    ...(identity === undefined ? {} : { identity }),
    ...(subject === undefined ? {} : { subject }),
    ...(renewalExpiresAt === undefined ? {} : { renewalExpiresAt }),
  }
}

/** What is kept of a renewal while nothing else is known of it. */
export function bareGrant(
  { user, provider, issuer, clientId }: Account,
  renewal: Renewal,
  { signedInAt, refreshedAt }: Instants,
): StoredGrant {
  return { user, provider, issuer, clientId, renewal, scopes: [], signedInAt, refreshedAt }
}

/** The grant with what it takes the place of, where hosts share the store. */
export function underLineage(grant: StoredGrant, lineage: Lineage | undefined): StoredGrant {
  return lineage === undefined ? grant : { ...grant, lineage }
}

/** The renewal that a refresh token is. */
export function renewalBy(refreshToken: Secret): Renewal {
  return { kind: 'refresh_token', refreshToken }
}

/** An access token as it crosses to the daemon, which serves it. */
export function disclosed(accessToken: Secret): Pick<FreshToken, 'accessToken' | 'fingerprint'> {
  return { accessToken: accessToken.reveal(), fingerprint: fingerprint(accessToken) }
}

/** The answer to a job whose grant is sealed. */
export function refreshedBy(
  { accessToken, expiresAt, scopes, renewalExpiresAt, identities: [identity] }: TokenSet,
  { signedInAt }: StoredGrant,
  isDurable: boolean,
): FreshToken {
  return {
    ...disclosed(accessToken),
    expiresAt,
    scopes,
    signedInAt,
    isDurable,
    ...(identity === undefined ? {} : { identity }),
    ...(renewalExpiresAt === undefined ? {} : { renewalExpiresAt }),
  }
}
