/** What an AgeList keeps in what it lists. */
export interface Aged {
  older?: Aged | undefined
  newer?: Aged | undefined
}

/**
 * Things by age, any of which may leave at any time: V8's own Set steps over all that have left before it
 * finds its oldest.
 */
export class AgeList<T extends Aged> {
  #oldest: T | undefined
  #newest: T | undefined
  #size = 0

  get oldest(): T | undefined {
    return this.#oldest
  }

  get size(): number {
    return this.#size
  }

  /** Adds what is in no list. */
  add(thing: T): void {
    thing.older = this.#newest
    if (this.#newest === undefined) this.#oldest = thing
    else this.#newest.newer = thing
    this.#newest = thing
    this.#size++
  }

  /** Removes what is in this one. */
  remove(thing: T): void {
    const { older, newer } = thing
    if (older === undefined) this.#oldest = newer as T | undefined
    else older.newer = newer
    if (newer === undefined) this.#newest = older as T | undefined
    else newer.older = older
    thing.older = undefined
    thing.newer = undefined
    this.#size--
  }
}
