import { createInterface } from 'node:readline'
import { UsageError } from '../../errors.ts'

/** A question, and what makes an answer good. */
interface Question<T> {
  text: string
  /** Taken for an empty answer. */
  fallback: string
  /** The answer as it is used, or why it cannot be. */
  read: (answer: string) => { value: T } | { problem: string }
}

/** Whom `init` asks: a person at a terminal, or a file of lines. */
export class Interview {
  readonly #reader = createInterface({
    input: process.stdin,
    output: process.stdout,
    terminal: process.stdin.isTTY,
  })
  readonly #lines = this.#reader[Symbol.asyncIterator]()

  constructor() {
    // In raw mode Ctrl-C is a character.
    this.#reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  }

  /** The first good answer. @throws UsageError where the answers end before */
  async ask<T>({ text, fallback, read }: Question<T>): Promise<T> {
    for (;;) {
      this.#reader.setPrompt(fallback === '' ? `${text}: ` : `${text} [${fallback}]: `)
      this.#reader.prompt()
      const { value: line, done } = await this.#lines.next()
      if (done === true) {
        throw new UsageError('the answers ended too early: nothing was written', {
          hint: 'run "cms-oauth init" again at a terminal',
        })
      }
      const answer = read(line.trim() || fallback)
      if ('value' in answer) return answer.value
      process.stdout.write(`  ${answer.problem}\n`)
    }
  }

  /** One of several words. */
  choose<T extends string>(text: string, words: readonly T[], fallback: T): Promise<T> {
    return this.ask({
      text: `${text} (${words.join(', ')})`,
      fallback,
      read: (answer) => {
        const value = words.find((word) => word === answer.toLowerCase())
        return value === undefined ? { problem: `it is one of ${words.join(', ')}` } : { value }
      },
    })
  }

  /** Lets standard input go. */
  close(): void {
    this.#reader.close()
  }
}
