/** The pieces of one block of memory, in their order. */
export type Block = readonly [Buffer, ...Buffer[]]

/** Of one kind, so many bytes at most are kept for whoever needs a block next. */
const mostKeptBytes = 1024 * 1024

const lent = new WeakMap<ArrayBufferLike, { block: Block; owner: Blocks; uses: number }>()

/**
 * Memory for what is on its way, which is used again: fresh memory for each 64 KiB of a mail took the
 * kernel and the garbage collector longer than TLS took to encrypt it.
 */
export class Blocks {
  readonly pieceBytes: number
  readonly #pieces: number
  readonly #kept: Block[] = []

  constructor({ pieceBytes, pieces }: { pieceBytes: number; pieces: number }) {
    this.pieceBytes = pieceBytes
    this.#pieces = pieces
  }

  /** A block for one use, until it is given back. */
  lend(): Block {
    const block = this.#kept.pop() ?? this.#create()
    lent.set(block[0].buffer, { block, owner: this, uses: 1 })
    return block
  }

  /** Keeps a block that nobody uses. */
  keep(block: Block): void {
    const bytesEach = this.#pieces * this.pieceBytes
    if ((this.#kept.length + 1) * bytesEach <= mostKeptBytes) this.#kept.push(block)
  }

  #create(): Block {
    const { pieceBytes } = this
    const memory = Buffer.allocUnsafeSlow(this.#pieces * pieceBytes)
    const piece = (index: number) => memory.subarray(index * pieceBytes, (index + 1) * pieceBytes)
    return [piece(0), ...Array.from({ length: this.#pieces - 1 }, (_, index) => piece(index + 1))]
  }
}

/** Some bytes of a lent block, for one more use: to be given back too. */
export function share([{ buffer }]: Block, from: number, to: number): Buffer {
  const loan = lent.get(buffer)
  if (loan !== undefined) loan.uses += 1
  return Buffer.from(buffer as ArrayBuffer, from, to - from)
}

/** Ends one use of the block that these bytes are of, if they are of one; after the last it is lent again. */
export function giveBack({ buffer }: Buffer): void {
  const loan = lent.get(buffer)
  if (loan === undefined) return
  loan.uses -= 1
  if (loan.uses > 0) return
  lent.delete(buffer)
  loan.owner.keep(loan.block)
}
