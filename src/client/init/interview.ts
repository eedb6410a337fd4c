import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { wrapWords } from '../../command-line/option-table.ts'
import { UsageError } from '../../errors.ts'
import { say } from '../terminal.ts'

/** A question, and how its answer is checked. */
export interface Question<T> {
  text: string
  /** Used if the answer is empty. */
  fallback?: string
  /** Parses the answer, or says what is wrong with it. */
  read: (answer: string) => { value: T } | { problem: string }
  /** The answer is not shown. */
  isSecret?: boolean
}

/** With more words, the question is preceded by a list. */
const mostShown = 4

/** Standard output that can be muted. */
class MutedOutput extends Writable {
  isMuted = false

  /** readline wraps long lines at this width. */
  get columns(): number {
    return process.stdout.columns || 80
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (!this.isMuted) process.stdout.write(chunk)
    done()
  }
}

/** Asks a person at a terminal, or reads the answers from a file. */
export class Interview {
  readonly #output = new MutedOutput()
  readonly #isPerson = process.stdin.isTTY
  readonly #reader = createInterface({
    input: process.stdin,
    output: this.#output,
    terminal: this.#isPerson,
    // The arrow keys must not bring back a secret.
    historySize: 0,
  })
  readonly #lines = this.#reader[Symbol.asyncIterator]()
  /** The input has ended; answers that came before may be left. */
  #isClosed = false
  #isOver = false

  constructor() {
    this.#reader.on('close', () => (this.#isClosed = true))
    // In raw mode Ctrl-C is a character.
    this.#reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  }

  /** True if there are no more answers. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** The first good answer. @throws UsageError if the answers end first */
  async ask<T>(question: Question<T>): Promise<T> {
    for (;;) {
      const line = await this.#askOnce(question)
      if (line === undefined) {
        throw new UsageError('the answers ended too soon: nothing was written', {
          hint: 'run "cms-oauth init" again at a terminal',
        })
      }
      const answer = question.read(line)
      if ('value' in answer) return answer.value
      say(`  ${answer.problem}`)
    }
  }

  /** One of several words, or the beginning of one; they are shown unless there are many. */
  choose<T extends string>(text: string, words: readonly T[], fallback: T): Promise<T> {
    return this.ask({
      text: words.length > mostShown ? text : `${text} (${words.join(', ')})`,
      fallback,
      read: (answer) => readWord(answer, words),
    })
  }

  /** As `choose`, for a question that can be skipped: `whenOver` if the answers have ended. */
  async offer<T extends string>(
    text: string,
    words: readonly T[],
    { fallback, whenOver }: { fallback: T; whenOver: T },
  ): Promise<T> {
    for (;;) {
      const line = await this.#askOnce({ text: `${text} (${words.join(', ')})`, fallback })
      if (line === undefined) return whenOver
      const answer = readWord(line, words)
      if ('value' in answer) return answer.value
      process.stdout.write(`  ${answer.problem}\n`)
    }
  }

  /** Releases standard input. */
  close(): void {
    this.#reader.close()
  }

  /** Newer versions of Node refuse to prompt once the input has ended. */
  #prompt(question: string): void {
    // A terminal would break a long one in the middle of a word.
    const lines = this.#isPerson ? wrapWords(question, this.#output.columns - 3) : [question]
    const text = `${lines.length > 1 ? '  ' : ''}${lines.pop() ?? ''} `
    if (lines.length > 0) process.stdout.write(`${lines.join('\n  ')}\n`)
    this.#reader.setPrompt(text)
    if (this.#isClosed) process.stdout.write(text)
    else this.#reader.prompt()
  }

  /** The answer or its fallback; undefined if there are no more answers. */
  async #askOnce({
    text,
    fallback = '',
    isSecret = false,
  }: Omit<Question<unknown>, 'read'>): Promise<string | undefined> {
    if (this.#isOver) return undefined
    this.#prompt(fallback === '' ? `${text}:` : `${text} [${fallback}]:`)
    this.#output.isMuted = isSecret
    const { value: line, done } = await this.#lines.next()
    this.#output.isMuted = false
    this.#isOver = done === true
    // A terminal has shown the end of the line, unless it was told to show nothing.
    if (isSecret || this.#isOver || !this.#isPerson) process.stdout.write('\n')
    return this.#isOver ? undefined : line.trim() || fallback
  }
}

function readWord<T extends string>(answer: string, words: readonly T[]) {
  const given = answer.toLowerCase()
  const begun = words.filter((word) => word.startsWith(given))
  const value = words.find((word) => word === given) ?? (begun.length === 1 ? begun[0] : undefined)
  return value === undefined ? { problem: `it is one of ${words.join(', ')}` } : { value }
}
