const lineFeed = 10
const carriageReturn = 13

/**
 * Lines as SMTP has them (RFC 5321 section 2.3.8), from a program that may end all of its own with LF: a script that
 * is run by a pipe, where nobody stands between who ends a message and who reads it. Whoever ends the first with CRLF
 * is taken at its word from then on, as a bare LF is text then.
 */
export class SmtpLineEnds {
  #isBare: boolean | undefined
  #last: number | undefined

  /** The next piece of what the program says. */
  translate(piece: Buffer): Buffer {
    const first = piece.indexOf(lineFeed)
    if (this.#isBare === undefined && first !== -1) {
      this.#isBare = (first === 0 ? this.#last : piece[first - 1]) !== carriageReturn
    }
    const isTranslated = this.#isBare === true
    const translated = isTranslated ? this.#withReturns(piece) : piece
    this.#last = piece.at(-1) ?? this.#last
    return translated
  }

  #withReturns(piece: Buffer): Buffer {
    const translated = Buffer.allocUnsafe(2 * piece.length)
    let length = 0
    let last = this.#last
    for (const byte of piece) {
      if (byte === lineFeed && last !== carriageReturn) translated[length++] = carriageReturn
      translated[length++] = byte
      last = byte
    }
    return translated.subarray(0, length)
  }
}
