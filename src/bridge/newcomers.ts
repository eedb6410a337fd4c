/** Those who are connected and not logged in, by where they come from, the oldest first. */
export class Newcomers {
  readonly #byOrigin = new Map<string, Set<() => void>>()

  /**
   * Adds one, with what closes it. Returns what removes it again: to be called when it has logged in, or is
   * gone.
   */
  add(origin: string, close: () => void): () => void {
    const all = this.#byOrigin.get(origin) ?? new Set()
    this.#byOrigin.set(origin, all.add(close))
    return () => {
      all.delete(close)
      if (all.size === 0 && this.#byOrigin.get(origin) === all) this.#byOrigin.delete(origin)
    }
  }

  /**
   * Closes the one that has been there longest. A program logs in within a moment, so one that only holds
   * connections keeps out no other of its origin. False where there is none.
   */
  closeOldest(origin: string): boolean {
    const [close] = this.#byOrigin.get(origin) ?? []
    close?.()
    return close !== undefined
  }
}
