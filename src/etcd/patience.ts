/** Below an election (3 s) nothing would ever be done. */
const shortestPatienceMs = 4_000
/** How long a call is tried where nobody says otherwise, and how long an endpoint may take at most. */
export const longestPatienceMs = 12_000

/** How long an endpoint may take to answer: longer once it was slow. */
export class Patience {
  #ms = shortestPatienceMs

  /** In ms, between an election and a call. */
  get ms(): number {
    return this.#ms
  }

  /** Takes what would have been long enough. */
  learn(wishedMs: number): void {
    this.#ms = Math.min(Math.max(wishedMs, shortestPatienceMs), longestPatienceMs)
  }
}
