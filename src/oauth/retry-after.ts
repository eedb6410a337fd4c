const longestMs = 60 * 60 * 1_000

/**
 * The wait that a Retry-After header asks for (RFC 9110 section 10.2.3: seconds or a date), in ms,
 * at most an hour; undefined if there is no such header, or it cannot be read.
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const delayMs = /^\s*\d+\s*$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now
  return Number.isNaN(delayMs) ? undefined : Math.min(longestMs, Math.max(0, delayMs))
}
