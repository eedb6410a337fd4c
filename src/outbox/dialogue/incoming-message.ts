/**
 * A message as DATA carries it (RFC 5321 section 4.5.2). CRLF, dot, CRLF ends it and nothing else does: what a bare
 * LF or CR has to do with a dot is text, or a message could end at one server and go on as commands at
 * another (SMTP smuggling).
 */

const lf = 0x0a
const cr = 0x0d
const dot = 0x2e

/** Where in a line it is. */
type Place =
  | 'text'
  /** After a CR. */
  | 'return'
  /** After CRLF. */
  | 'start'
  /** After CRLF and a dot, which is not of the message. */
  | 'dot'
  /** After CRLF, a dot and a CR, which is of the message unless LF follows. */
  | 'dot return'

/** Takes it in pieces, of which no more than `limit` bytes are kept. */
export class IncomingMessage {
  readonly #limit: number
  readonly #kept: Buffer[] = []
  #place: Place = 'start'
  #size = 0
  #isComplete = false

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Its size so far, kept or not. */
  get size(): number {
    return this.#size
  }

  /** True once its end has come. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** What was kept. */
  get bytes(): Buffer {
    return Buffer.concat(this.#kept)
  }

  /** Takes the next piece; what of it is behind the end. */
  take(piece: Buffer): Buffer {
    let from = 0
    for (let at = 0; at < piece.length; at += 1) {
      if (this.#place === 'text') {
        const next = piece.indexOf(cr, at)
        if (next === -1) break
        at = next
      }
      const byte = piece[at]
      if (this.#place === 'start' && byte === dot) {
        this.#keep(piece.subarray(from, at))
        from = at + 1
        this.#place = 'dot'
      } else if (this.#place === 'dot' && byte === cr) {
        from = at + 1
        this.#place = 'dot return'
      } else if (this.#place === 'dot return' && byte === lf) {
        this.#isComplete = true
        return piece.subarray(at + 1)
      } else {
        if (this.#place === 'dot return') this.#keep(oneReturn)
        this.#place = placeAfter(byte, this.#place)
      }
    }
    this.#keep(piece.subarray(from))
    return piece.subarray(piece.length)
  }

  #keep(bytes: Buffer): void {
    const room = Math.max(0, this.#limit - this.#size)
    this.#size += bytes.length
    if (room > 0 && bytes.length > 0) this.#kept.push(bytes.subarray(0, room))
  }
}

const oneReturn = Buffer.from('\r')

function placeAfter(byte: number | undefined, place: Place): Place {
  if (byte === cr) return 'return'
  const isAfterReturn = place === 'return' || place === 'dot return'
  return byte === lf && isAfterReturn ? 'start' : 'text'
}
