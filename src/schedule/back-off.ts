const shortestBackOffMs = 5_000
const longestBackOffMs = 5 * 60_000

/**
 * Delay before the next try after `failures` (>= 1) failures in a row: full jitter below a ceiling
 * that doubles from 5 s to 5 min, and never sooner than the provider asked for.
 */
export function backOffMs(
  failures: number,
  retryAfterMs: number | undefined,
  random: () => number,
): number {
  const ceilingMs = Math.min(longestBackOffMs, shortestBackOffMs * 2 ** Math.min(failures, 16))
  const delayMs = shortestBackOffMs + (ceilingMs - shortestBackOffMs) * random()
  return Math.max(delayMs, retryAfterMs ?? 0)
}
