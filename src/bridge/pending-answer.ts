/** Of what a program says last, more than a farewell with its tag takes. */
const keptBytes = 64
const farewell = /(?:^|\n)(?:QUIT|\S+ LOGOUT)[ \t]*\r?\n$/i

/**
 * What a mail server still has to say to a program. A server that is told by TLS that one side has closed is to
 * discard what it has not written yet (RFC 5246, 7.2.1), so it may be told only when that is nothing: exim closes
 * its side behind QUIT, and would send again a message whose answer it has not got.
 */
export class PendingAnswer {
  #lastBytes = ''
  #isPending = false

  /** The program has said this. */
  ask(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#isPending = true
    this.#lastBytes = (this.#lastBytes + bytes.toString('latin1', bytes.length - keptBytes)).slice(
      -keptBytes,
    )
  }

  /** The server has said something since. */
  answer(): void {
    this.#isPending = false
  }

  /** What comes next of the server: after a farewell it closes, however much it says before. */
  get awaited(): 'nothing' | 'answer' | 'end' {
    if (farewell.test(this.#lastBytes)) return 'end'
    return this.#isPending ? 'answer' : 'nothing'
  }
}
