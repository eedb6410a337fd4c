import { numberIn } from './json-object.ts'

/**
 * The lifetime in a field of a provider's answer, given in seconds, in whole ms and at most
 * `longestMs`. Rounded down, so that nothing counts as valid for longer than the server said; zero or
 * less: over already. Undefined where the field says none.
 */
export function lifetimeMsIn(field: unknown, longestMs: number): number | undefined {
  const seconds = numberIn(field)
  return seconds === undefined ? undefined : Math.min(longestMs, Math.floor(seconds * 1_000))
}
