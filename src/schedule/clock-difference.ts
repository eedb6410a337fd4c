/** An answer that comes late looks like a clock that is ahead: so little proves nothing. */
const smallestDifferenceMs = 5_000

/** How far this host's clock is ahead of the engine's, in ms, by what an answer showed; 0: hardly at all. */
export function clockDifferenceMs(shownMs = 0): number {
  return Math.abs(shownMs) > smallestDifferenceMs ? shownMs : 0
}
