/** Before this program could do what it does now: a clock that shows less was never set. */
export const earliestTime = Date.UTC(2026, 0, 1)

/**
 * False for a moment in epoch ms that a clock showed before it was set, as on a small machine that
 * keeps no time while it is off. What is dated so has no age by the clock.
 */
export function isOfSetClock(atMs: number): boolean {
  return atMs >= earliestTime
}
