/** Hands what one side pushes to one that iterates, in order and without loss. */
export class ProgressQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = []
  #isEnded = false
  #wake: () => void = () => {}

  push(item: T): void {
    this.#items.push(item)
    this.#wake()
  }

  /** The iteration ends when all that was pushed is out. */
  end(): void {
    this.#isEnded = true
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      while (this.#items.length > 0) yield this.#items.shift() as T
      if (this.#isEnded) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
