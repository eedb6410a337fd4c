/** Those who are connected and not logged in, by where they come from, the oldest first. */
export class Newcomers {
  readonly #byOrigin = new Map<string, Set<() => void>>()

  /** One more, and how it is closed; to be called when it is logged in or gone: then it is none any more. */
  add(origin: string, close: () => void): () => void {
    const all = this.#byOrigin.get(origin) ?? new Set()
    this.#byOrigin.set(origin, all.add(close))
    return () => {
      all.delete(close)
      if (all.size === 0 && this.#byOrigin.get(origin) === all) this.#byOrigin.delete(origin)
    }
  }

  /**
   * Closes the one that has been there longest: a program logs in within a moment, and who only holds
   * connections keeps no other of its origin out. False where there is none.
   */
  closeOldest(origin: string): boolean {
    const [close] = this.#byOrigin.get(origin) ?? []
    close?.()
    return close !== undefined
  }
}
