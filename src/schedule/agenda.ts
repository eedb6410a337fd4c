interface Entry<T> {
  item: T
  bootMs: number
}

/**
 * What is due when, the earliest first, by the clock that counts from boot. Putting and taking cost the
 * logarithm of how much there is: of 10,000 accounts a few are due in each second.
 */
export class Agenda<T> {
  /** A binary heap. Entries that a later `put` or `remove` overtook stay until they come up. */
  readonly #heap: Entry<T>[] = []
  readonly #entries = new Map<T, Entry<T>>()

  /** Notes when the item is due, in place of what was noted before. */
  put(item: T, bootMs: number): void {
    if (this.#entries.get(item)?.bootMs === bootMs) return
    const entry = { item, bootMs }
    this.#entries.set(item, entry)
    this.#heap.push(entry)
    this.#rise(this.#heap.length - 1)
  }

  /** Forgets the item. */
  remove(item: T): void {
    this.#entries.delete(item)
  }

  /** When the earliest is due, in ms since boot; undefined where nothing is. */
  get nextBootMs(): number | undefined {
    for (;;) {
      const first = this.#heap[0]
      if (first === undefined || this.#isCurrent(first)) return first?.bootMs
      this.#takeFirst()
    }
  }

  /** Takes out the earliest item that is due by then; undefined where none is. */
  takeDue(bootMs: number): T | undefined {
    const next = this.nextBootMs
    if (next === undefined || next > bootMs) return undefined
    const { item } = this.#takeFirst()
    this.#entries.delete(item)
    return item
  }

  #isCurrent(entry: Entry<T>): boolean {
    return this.#entries.get(entry.item) === entry
  }

  #takeFirst(): Entry<T> {
    const first = this.#at(0)
    const last = this.#heap.pop()
    if (last !== undefined && last !== first) {
      this.#heap[0] = last
      this.#sink(0)
    }
    return first
  }

  #rise(index: number): void {
    for (let at = index; at > 0;) {
      const parent = (at - 1) >> 1
      if (this.#at(parent).bootMs <= this.#at(at).bootMs) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #sink(index: number): void {
    for (let at = index; ;) {
      const child = this.#earlierChild(at)
      if (child === undefined || this.#at(at).bootMs <= this.#at(child).bootMs) return
      this.#swap(at, child)
      at = child
    }
  }

  #earlierChild(at: number): number | undefined {
    const [left, right] = [2 * at + 1, 2 * at + 2]
    if (left >= this.#heap.length) return undefined
    if (right >= this.#heap.length) return left
    return this.#at(right).bootMs < this.#at(left).bootMs ? right : left
  }

  #at(index: number): Entry<T> {
    return this.#heap[index] as Entry<T>
  }

  #swap(a: number, b: number): void {
    const entry = this.#at(a)
    this.#heap[a] = this.#at(b)
    this.#heap[b] = entry
  }
}
