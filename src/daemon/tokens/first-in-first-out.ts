/** Gives back in the order of putting. An array's own `shift` moves all the others, if they are thousands. */
export class FirstInFirstOut<T> {
  #items: T[] = []
  #taken = 0

  put(item: T): void {
    this.#items.push(item)
  }

  /** The first of those that are left; undefined where none is. */
  take(): T | undefined {
    const item = this.#items[this.#taken++]
    if (this.#taken * 2 < this.#items.length) return item
    this.#items = this.#items.slice(this.#taken)
    this.#taken = 0
    return item
  }
}
