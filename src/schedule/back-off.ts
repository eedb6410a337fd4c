interface BackOffBounds {
  shortestMs: number
  longestMs: number
}

const usualBounds: BackOffBounds = { shortestMs: 5_000, longestMs: 5 * 60_000 }

/**
 * Delay before the next try after `failures` (>= 1) failures in a row: full jitter below a ceiling
 * that doubles within the bounds, by default from 5 s to 5 min, and never sooner than asked for.
 */
export function backOffMs(
  failures: number,
  retryAfterMs: number | undefined,
  random: () => number,
  { shortestMs, longestMs } = usualBounds,
): number {
  const ceilingMs = Math.min(longestMs, shortestMs * 2 ** Math.min(failures, 16))
  const delayMs = shortestMs + (ceilingMs - shortestMs) * random()
  return Math.max(delayMs, retryAfterMs ?? 0)
}
