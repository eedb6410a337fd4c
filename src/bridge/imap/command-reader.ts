/** RFC 7888 section 5: what LITERAL- allows without a continuation request. */
const literalLimit = 4_096
/** Of a command with its literals. */
const commandLimit = 12_288

/** A command is whole, needs a literal, or cannot be read on. */
export type CommandStep =
  | { command: string }
  /** `isAwaited`: the client sends it after a continuation request only. */
  | { octets: number; isAwaited: boolean }
  | { unusable: true }

/** Puts the lines of a command and its literals together, as they came. */
export class CommandReader {
  #text = ''
  #isInLiteral = false

  /** True where octets are due, not a line. */
  get isInLiteral(): boolean {
    return this.#isInLiteral
  }

  /** Takes a line without its end. `takesLiteral` says of a command whether it may have one. */
  takeLine(line: string, takesLiteral: (command: string) => boolean): CommandStep {
    const text = this.#text + line
    const [, size, plus] = /\{(\d+)(\+?)\}$/.exec(line) ?? []
    const octets = Number(size)
    const isAwaited = plus === ''
    const isTooLong = octets > literalLimit || text.length + octets > commandLimit
    this.#text = ''
    // A client that waits sends nothing else where it is refused.
    if (size === undefined || (isAwaited && (isTooLong || !takesLiteral(text)))) {
      return { command: text }
    }
    if (isTooLong) return { unusable: true }
    this.#text = `${text}\r\n`
    this.#isInLiteral = true
    return { octets, isAwaited }
  }

  /** Takes the octets of a literal; a line follows. */
  takeOctets(octets: string): void {
    this.#text += octets
    this.#isInLiteral = false
  }
}
