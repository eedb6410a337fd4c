/** When to refresh, and how long to wait after a failure: figures only, no clock and no state. */

/** Refreshes at a time per issuer. */
export const refreshesPerIssuer = 8
/** A client's request may cause one try per this time while backing off. */
export const extraTryIntervalMs = 10_000
/** A refused grant is believed when it is refused again this much later. */
export const refusalConfirmationMs = 60_000
/** A configuration that the provider rejects may have been fixed on the provider's side. */
export const misconfiguredRetryMs = 15 * 60_000

/** However short a token's life, its provider is not asked more often. */
const shortestRefreshDelayMs = 5_000
const earliestShare = 0.5
const latestShare = 0.8

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
