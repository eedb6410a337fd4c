/** The pieces of one block of memory, in their order. */
export type Block = readonly [Buffer, ...Buffer[]]

/** At most so many bytes of each kind are kept for the next that needs a block. */
const mostKeptBytes = 1024 * 1024
/**
 * At most so many bytes of each kind are lent at a time. Without a limit, 200 programs whose mail server
 * had stopped reading took 1.1 MiB each, in blocks of 256 KiB and what TLS made of them.
 */
const mostLentBytes = 16 * 1024 * 1024

const lent = new WeakMap<ArrayBufferLike, { block: Block; owner: Blocks; uses: number }>()

/**
 * Memory for bytes on their way, used again and again: fresh memory for each 64 KiB of a mail took the
 * kernel and the garbage collector longer than TLS took to encrypt it.
 */
export class Blocks {
  readonly pieceBytes: number
  readonly #pieces: number
  readonly #kept: Block[] = []
  #lentBytes = 0

  constructor({ pieceBytes, pieces }: { pieceBytes: number; pieces: number }) {
    this.pieceBytes = pieceBytes
    this.#pieces = pieces
  }

  get #blockBytes(): number {
    return this.#pieces * this.pieceBytes
  }

  /** False while as much is lent as may be. */
  get hasMore(): boolean {
    return this.#lentBytes + this.#blockBytes <= mostLentBytes
  }

  /** A block for one use, until it is given back; undefined where there are no more. */
  lend(): Block | undefined {
    if (!this.hasMore) return undefined
    this.#lentBytes += this.#blockBytes
    const block = this.#kept.pop() ?? this.#create()
    lent.set(block[0].buffer, { block, owner: this, uses: 1 })
    return block
  }

  /** Takes a block back that nobody uses any more. */
  takeBack(block: Block): void {
    this.#lentBytes -= this.#blockBytes
    if ((this.#kept.length + 1) * this.#blockBytes <= mostKeptBytes) this.#kept.push(block)
  }

  #create(): Block {
    const { pieceBytes } = this
    const memory = Buffer.allocUnsafeSlow(this.#blockBytes)
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
  loan.owner.takeBack(loan.block)
}
