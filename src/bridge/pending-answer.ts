/** Of what a program says last, more than a farewell with its tag takes; and more than a server's invitation does. */
const keptBytes = 64
const readBytes = 256
const farewell = /(?:^|\n)(?:QUIT|\S+ LOGOUT)[ \t]*\r?\n$/i
/** The last line of a server that asks for a message, or in IMAP for what belongs to a command. */
const invitation = /(?:^|\n)(354|\+)[^\n]*\n$/
const endOfMessage = /(?:^|\n)\.\r?\n$/
/** All that is said, but for what the server waits for after a literal's length and IDLE. */
const endOfCommand = /(?<! IDLE| IDLE\r|\{\d+\}|\{\d+\}\r)\n$/i

/**
 * What a mail server still has to say to a program. A server that is told by TLS that one side has closed is to
 * discard what it has not written yet (RFC 5246, 7.2.1), so it may be told only when that is nothing: exim closes
 * its side behind QUIT, and would send again a message whose answer it has not got.
 */
export class PendingAnswer {
  #lastBytes = ''
  #isPending = false
  #lastAnswer = ''

  /** The program has said this. */
  ask(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#isPending = true
    this.#lastBytes = (this.#lastBytes + bytes.toString('latin1', bytes.length - keptBytes)).slice(
      -keptBytes,
    )
  }

  /** The server has said this since. */
  answer(bytes: Buffer): void {
    this.#isPending = false
    this.#lastAnswer = bytes.toString('latin1', Math.max(0, bytes.length - readBytes))
  }

  /**
   * What comes next of the server: after a farewell it closes, however much it says before. An answer is sure to
   * come, and may take minutes where it is about a message; nothing is, where the program was cut off: `silence`.
   */
  get awaited(): 'nothing' | 'silence' | 'answer' | 'end' {
    if (farewell.test(this.#lastBytes)) return 'end'
    const invited = invitation.exec(this.#lastAnswer)?.[1]
    if (!this.#isPending && invited === undefined) return 'nothing'
    const whole = invited === '354' ? endOfMessage : endOfCommand
    if (whole.test(this.#lastBytes)) return 'answer'
    return this.#isPending ? 'silence' : 'nothing'
  }
}
