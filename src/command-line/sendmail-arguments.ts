/**
 * The command line of sendmail(8), as its callers have written it for forty years: single letters, in
 * clusters, with values attached or next, options after addresses, and `--`. What is only known to the
 * original (its files, macros, tuning) is read over; no file that an option names is ever opened.
 */
import { UsageError } from '../errors.ts'

/** A message to hand over. */
export interface SubmitCommand {
  mode: 'submit'
  /** As they were given: each is a list of addresses. */
  addresses: string[]
  /** -t: the message names recipients too. */
  readsRecipients: boolean
  /** -i: a line with a dot alone never ends the message. */
  ignoresDots: boolean
  /** -f or -r, with `''` and `<>` as they stand. */
  sender?: string
  /** -F: the name of the sender. */
  name?: string
}

/** What the program is asked to do. */
export type SendmailMode =
  | SubmitCommand
  /** -bp, mailq: show what waits. */
  | { mode: 'list' }
  /** -q: try now what waits. */
  | { mode: 'flush' }
  /** -bi, newaliases: there is nothing to rebuild. */
  | { mode: 'nothing' }
  /** -bs: SMTP on standard input and output. */
  | { mode: 'dialogue' }
  | { mode: 'wrong'; error: UsageError }

/** A command line of sendmail, mailq or newaliases. */
export type SendmailCommand = SendmailMode & {
  /** -v: say the id of what was accepted. */
  isVerbose: boolean
}

/** How the letter takes its value: attached or next, attached or not at all, or it has none. */
type ValueRule = 'required' | 'attached' | 'none'

const rules = new Map<string, ValueRule>([
  ...lettersOf('bfrFoABCDehLMNOpRVX', 'required'),
  ...lettersOf('dqQT', 'attached'),
  ...lettersOf('tivIGUcmnsx', 'none'),
])

/**
 * What of -o has its value in the next argument when nothing is attached: the letters as those above, and what
 * programs that were written for exim say of where a message came from.
 */
const valuedSettings = /^(?:[ACEFghHLPqQrSTuVxXyzZ]|M(?:a[ais]?|[imrst]))$/

/**
 * What a command line asks for. `program` is the name that it was called by: `mailq` and `newaliases`
 * have a meaning, every other name is sendmail.
 */
export function parseSendmailArguments(program: string, argv: readonly string[]): SendmailCommand {
  const line = new Line(program)
  try {
    line.read(argv)
    return { ...line.command(), isVerbose: line.isVerbose }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { mode: 'wrong', error, isVerbose: line.isVerbose }
  }
}

function lettersOf(letters: string, rule: ValueRule): [string, ValueRule][] {
  return Array.from(letters, (letter) => [letter, rule])
}

class Line {
  isVerbose = false
  #mode: 'submit' | 'list' | 'flush' | 'nothing' | 'dialogue'
  readonly #addresses: string[] = []
  #readsRecipients = false
  #ignoresDots = false
  #sender: string | undefined
  #name: string | undefined

  constructor(program: string) {
    this.#mode = program === 'mailq' ? 'list' : program === 'newaliases' ? 'nothing' : 'submit'
  }

  read(argv: readonly string[]): void {
    const rest = [...argv].toReversed()
    for (let argument = rest.pop(); argument !== undefined; argument = rest.pop()) {
      if (argument === '--') {
        this.#addresses.push(...rest.toReversed())
        return
      }
      if (argument.startsWith('-') && argument !== '-') this.#readCluster(argument, rest)
      else this.#addresses.push(argument)
    }
  }

  command(): SendmailMode {
    if (this.#mode !== 'submit') return { mode: this.#mode }
    return {
      mode: 'submit',
      addresses: this.#addresses,
      readsRecipients: this.#readsRecipients,
      ignoresDots: this.#ignoresDots,
      ...(this.#sender === undefined ? {} : { sender: this.#sender }),
      ...(this.#name === undefined ? {} : { name: this.#name }),
    }
  }

  /** `rest`: the arguments after it, the next one last. */
  #readCluster(argument: string, rest: string[]): void {
    for (let at = 1; at < argument.length; at++) {
      const letter = argument.charAt(at)
      const rule = rules.get(letter)
      if (rule === undefined) throw unknown(argument, letter)
      if (rule === 'none') {
        this.#takeFlag(letter)
        continue
      }
      const attached = argument.slice(at + 1)
      const isNext = attached === '' && rule === 'required'
      const value = isNext ? rest.pop() : attached
      if (value === undefined) throw new UsageError(`-${letter} needs a value`, { hint: seeManual })
      this.#takeValue(letter, value)
      if (letter === 'o' && valuedSettings.test(value)) rest.pop()
      return
    }
  }

  #takeFlag(letter: string): void {
    if (letter === 't') this.#readsRecipients = true
    if (letter === 'i') this.#ignoresDots = true
    if (letter === 'v') this.isVerbose = true
    if (letter === 'I') this.#mode = 'nothing'
  }

  #takeValue(letter: string, value: string): void {
    if (letter === 'f' || letter === 'r') this.#sender = value
    if (letter === 'F') this.#name = value
    if (letter === 'q') this.#mode = 'flush'
    if (letter === 'b') this.#mode = modeOf(value)
    if (letter === 'o' && value.startsWith('i')) this.#ignoresDots = true
    if (letter === 'O' && /^ignoredots(=t|=y|=1|$)/i.test(value)) this.#ignoresDots = true
  }
}

function modeOf(value: string): 'submit' | 'list' | 'nothing' | 'dialogue' {
  if (value === 'm') return 'submit'
  if (value === 'p') return 'list'
  if (value === 'i') return 'nothing'
  if (value === 's') return 'dialogue'
  throw new UsageError(`-b${value} is not possible here`, {
    hint: 'this program hands messages over, and neither listens nor routes: -bm, -bp, -bi and -bs are known',
  })
}

function unknown(argument: string, letter: string): UsageError {
  const place = argument.length === 2 ? '' : ` in "${argument.slice(0, 40)}"`
  return new UsageError(`there is no option "-${letter}"${place}`, { hint: seeManual })
}

const seeManual = 'see "cms-oauth sendmail --help"'
