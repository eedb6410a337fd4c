/** Shorter pieces occur in other words too: to mask them would garble the rest. */
export const shortestPiece = 8
/** Each piece has one whole part of so many characters that begins at a multiple of it. */
const partLength = 4
const partBits = 14

/** What a character becomes: of ASCII without case, and base64url as base64. */
const folded = Uint16Array.from({ length: 128 }, (_, code) => foldedCode(code))

/** Random, so that nobody can write a text whose pieces all have the same hash. */
const multiplier = Math.floor(Math.random() * 2 ** 32) | 1

/**
 * The pieces of eight characters in a text, and which of them some other text has too. To look through
 * 100,000 characters for those of a short text takes 0.3 ms.
 */
export class PieceIndex {
  readonly #text: string
  /** By its hash: the end of the first piece with it; 0: none. */
  readonly #heads: Int32Array
  /** By the end of a piece: that of another piece in the same place of `#heads`; 0: none. */
  readonly #next: Int32Array
  /** By the end of a piece: that of the first one which is equal. */
  readonly #first: Int32Array
  /** By the end of the first of equal pieces: 1 where another text has it. */
  readonly #isMarked: Uint8Array
  /** By the hash of a part: 1 where there is one with it. */
  readonly #parts = new Uint8Array(2 ** partBits)

  constructor(text: string) {
    const { length } = text
    this.#text = text
    this.#heads = new Int32Array(2 ** Math.ceil(Math.log2(2 * length + 1)))
    this.#next = new Int32Array(length)
    this.#first = new Int32Array(length)
    this.#isMarked = new Uint8Array(length)
    for (let at = 0; at + partLength <= length; at++) this.#parts[partAt(text, at)] = 1
    for (let end = shortestPiece - 1; end < length; end++) this.#add(end)
  }

  /** Marks the pieces that this text has too. */
  mark(text: string): void {
    for (let at = 0; at + partLength <= text.length; at += partLength) {
      if (this.#parts[partAt(text, at)] === 1) this.#markAround(text, at)
    }
  }

  /** Where the marked pieces are; those that overlap or touch are one. */
  marked(): { start: number; end: number }[] {
    const found: { start: number; end: number }[] = []
    for (const [at, first] of this.#first.entries()) {
      if (this.#isMarked[first] !== 1) continue
      const end = at + 1
      const start = end - shortestPiece
      const last = found.at(-1)
      if (last !== undefined && start <= last.end) last.end = end
      else found.push({ start, end })
    }
    return found
  }

  /** The pieces of which this part is one. */
  #markAround(text: string, at: number): void {
    const last = Math.min(at + shortestPiece, text.length) - 1
    for (let end = Math.max(at + partLength, shortestPiece) - 1; end <= last; end++) {
      const place = this.#find(text, end, this.#slotOf(text, end))
      if (place !== 0) this.#isMarked[place] = 1
    }
  }

  #add(end: number): void {
    const slot = this.#slotOf(this.#text, end)
    const same = this.#find(this.#text, end, slot)
    this.#first[end] = same === 0 ? end : same
    if (same !== 0) return
    this.#next[end] = this.#heads[slot] ?? 0
    this.#heads[slot] = end
  }

  /** The end of the first piece that is equal to the one that ends there; 0: there is none. */
  #find(text: string, end: number, slot: number): number {
    let place = this.#heads[slot] ?? 0
    while (place !== 0 && !this.#isEqual(place, text, end)) place = this.#next[place] ?? 0
    return place
  }

  #isEqual(place: number, text: string, end: number): boolean {
    for (let back = 0; back < shortestPiece; back++) {
      if (codeAt(this.#text, place - back) !== codeAt(text, end - back)) return false
    }
    return true
  }

  #slotOf(text: string, end: number): number {
    let hash = 0
    for (let back = 0; back < shortestPiece; back++) {
      hash = Math.imul(hash ^ codeAt(text, end - back), multiplier)
      hash ^= hash >>> 15
    }
    return hash & (this.#heads.length - 1)
  }
}

function partAt(text: string, at: number): number {
  const first = (codeAt(text, at) << 5) ^ codeAt(text, at + 1)
  const second = (codeAt(text, at + 2) << 5) ^ codeAt(text, at + 3)
  return ((first << 4) ^ second) & (2 ** partBits - 1)
}

function codeAt(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code < folded.length ? (folded[code] ?? 0) : code
}

function foldedCode(code: number): number {
  const character = String.fromCharCode(code).toLowerCase()
  const inBase64: Record<string, string> = { '-': '+', _: '/' }
  return (inBase64[character] ?? character).charCodeAt(0)
}
