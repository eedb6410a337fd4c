/** When to refresh, and how long to wait after a failure: figures only, no clock and no state. */

/** Refreshes at a time per issuer. */
export const refreshesPerIssuer = 8
/** A client's request may cause one try per this time while backing off. */
export const extraTryIntervalMs = 10_000
/** A refused grant is believed when it is refused again this much later. */
export const refusalConfirmationMs = 60_000
/** A configuration that the provider rejects may have been fixed on the provider's side. */
export const misconfiguredRetryMs = 15 * 60_000

/** The provider is asked at most once in this time because a server refuses a token that has not expired. */
export const refusedPauseMs = 5 * 60_000
/** The same where each new token is refused as well. */
export const longestRefusedPauseMs = 60 * 60_000

/** Another host is not asked about again sooner. */
export const shortestWaitMs = 1_000

/** However short a token's life, its provider is not asked more often. */
const shortestRefreshDelayMs = 5_000
const earliestShare = 0.5
const latestShare = 0.8
const latestSharedShare = 0.65
const chanceShare = 0.03

/** How long before its expiry a token is no longer served: a tenth of its lifetime, 30 s at most. */
export function serveMarginMs(lifetimeMs: number): number {
  return Math.min(30_000, lifetimeMs / 10)
}

/**
 * How long after its arrival a token's successor is due: 50-80 % of the lifetime, spread so that
 * accounts that signed in together do not refresh together, and `beforeExpiryMs` before the end
 * at the latest, where that leaves half of the lifetime.
 */
export function refreshDelayMs(
  lifetimeMs: number,
  policy: { beforeExpiryMs: number; random: () => number },
): number {
  const share = earliestShare + (latestShare - earliestShare) * policy.random()
  const latestMs = lifetimeMs - Math.min(policy.beforeExpiryMs, lifetimeMs / 2)
  return Math.max(shortestRefreshDelayMs, Math.min(lifetimeMs * share, latestMs))
}

/** What the hosts that share a token know alike. */
interface SharedMoment {
  /** Of the whole life. */
  lifetimeMs: number
  /** How much of it is left when it comes here. */
  leftMs: number
  /** The same text on all hosts: of the account and the number of its grant. */
  seed: string
}

/**
 * The same for a token that hosts share: its moment is the same on all of them, 50-65 % of its life, so that
 * an outage of their engine is noticed by nobody for a third of it; and up to 3 % later by chance, so that
 * one host comes first. Whatever comes late is due at once.
 */
export function sharedRefreshDelayMs(
  { lifetimeMs, leftMs, seed }: SharedMoment,
  policy: { beforeExpiryMs: number; random: () => number },
): number {
  const share = earliestShare + (latestSharedShare - earliestShare) * portionOf(seed)
  const latestMs = lifetimeMs - Math.min(policy.beforeExpiryMs, lifetimeMs / 2)
  const dueMs = Math.min(lifetimeMs * share, latestMs) + lifetimeMs * chanceShare * policy.random()
  return Math.max(0, Math.max(shortestRefreshDelayMs, dueMs) - (lifetimeMs - leftMs))
}

/** A number from 0 to 1 (FNV-1a, 32 bits): the daemon idles without node:crypto. */
function portionOf(seed: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(seed)) hash = Math.imul(hash ^ byte, 0x01000193)
  return (hash >>> 0) / 2 ** 32
}
