/** Thrown for a line that is longer than it may be. */
export class LineTooLong extends Error {}

const lf = 0x0a

/** Bytes that become lines of text; each is searched and copied once, however they were cut. */
export class JsonLines {
  readonly #limitBytes: number
  #chunks: Buffer[] = []
  #bytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** The lines that this chunk ends, without their ends. @throws LineTooLong */
  *push(chunk: Buffer): Generator<string> {
    let start = 0
    for (;;) {
      const end = chunk.indexOf(lf, start)
      const part = chunk.subarray(start, end === -1 ? chunk.length : end)
      this.#bytes += part.length
      if (this.#bytes > this.#limitBytes) throw new LineTooLong()
      this.#chunks.push(part)
      if (end === -1) return
      yield this.rest()
      start = end + 1
    }
  }

  /** What came behind the last whole line. */
  rest(): string {
    const line = Buffer.concat(this.#chunks).toString()
    this.#chunks = []
    this.#bytes = 0
    return line
  }
}
