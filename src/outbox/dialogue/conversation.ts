import type { Duplex } from 'node:stream'
import { largeBytes, type Slots } from '../server/slots.ts'
import { IncomingMessage } from './incoming-message.ts'
import type { DialogueReply, SubmissionDialogue } from './submission-dialogue.ts'

interface ConversationOptions {
  /** A socket from which nobody reads; it is closed in the end. */
  socket: Duplex & { setTimeout(ms: number, onIdle?: () => void): unknown }
  dialogue: SubmissionDialogue
  /** True for a caller that nobody has greeted. */
  isGreeted: boolean
  /** So much of a message is kept, as it is now. */
  keptBytes: () => number
  /** For large messages: each is held in memory while it comes. */
  slots: Slots
  /** Those of the standard, unless a test has no time for them. */
  limits?: { idleMs: number; messageMs: number }
}

/** RFC 5321 section 4.5.3.2.7; and a message in all, since it holds a slot. */
const standardLimits = { idleMs: 5 * 60_000, messageMs: 10 * 60_000 }
/** So long somebody may take to read the last words. */
const lastWordsMs = 10_000
const lineLimit = 2_048

const lineFeed = 0x0a
const silent = '421 4.4.2 it takes too long\r\n'
const unusable = '500 5.5.6 this line cannot be used\r\n'
const restarting = '421 4.3.2 the outbox starts again: connect again\r\n'

/** One caller's connection, in pieces as they come. */
export class Conversation {
  readonly #options: ConversationOptions
  #line: Buffer = Buffer.alloc(0)
  #message: IncomingMessage | undefined
  #release: (() => void) | undefined
  #deadline: NodeJS.Timeout | undefined
  #isRetired = false
  /** What the last piece is answered with. */
  #said = ''

  constructor(options: ConversationOptions) {
    this.#options = options
  }

  /** To its end. @throws what is a fault of this program */
  async run(): Promise<void> {
    const { socket, dialogue, isGreeted, limits = standardLimits } = this.#options
    socket.on('error', () => {})
    socket.setTimeout(limits.idleMs, () => this.#end(silent))
    if (isGreeted) socket.write(dialogue.greet(), 'latin1')
    try {
      // Left, it must not be destroyed: the last words would not arrive.
      for await (const piece of socket.iterator({ destroyOnReturn: false })) {
        const isOver = await this.#take(piece as Buffer)
        await this.#flush()
        if (isOver) break
      }
    } catch (error) {
      // Who is gone waits for no answer.
      if (!socket.destroyed) throw error
    } finally {
      this.#forgetMessage()
      this.#end('')
    }
  }

  /** Ends it, after the message that is coming. */
  retire(): void {
    this.#isRetired = true
    if (this.#message === undefined) this.#end(restarting)
  }

  /** Closes after these words, however much somebody who does not read them goes on to say. */
  #end(words: string): void {
    const { socket } = this.#options
    if (socket.writableEnded) return
    socket.setTimeout(lastWordsMs, () => socket.destroy())
    socket.end(words, 'latin1', () => setTimeout(() => socket.destroy(), 1_000).unref())
    socket.resume()
  }

  /** True where the conversation is over. */
  async #take(piece: Buffer): Promise<boolean> {
    let rest = piece
    while (rest.length > 0) {
      if (this.#message === undefined) {
        const line = this.#takeLine(rest)
        if (line === undefined) return false
        rest = line.rest
        if (this.#answer(line.text)) return true
      } else {
        rest = this.#message.take(rest)
        if (this.#message.isComplete) {
          if (this.#finish(this.#message)) return true
        } else if (this.#message.size > largeBytes) {
          this.#release ??= await this.#options.slots.take()
        }
      }
    }
    return false
  }

  /** The next line; undefined where it has not come wholly. */
  #takeLine(rest: Buffer): { text: string | undefined; rest: Buffer } | undefined {
    const end = rest.indexOf(lineFeed)
    const line = Buffer.concat([this.#line, end === -1 ? rest : rest.subarray(0, end)])
    const isTooLong = line.length > lineLimit
    if (end === -1 && !isTooLong) {
      this.#line = line
      return undefined
    }
    this.#line = Buffer.alloc(0)
    const text = line.toString('latin1').replace(/\r$/, '')
    const isUsable = !isTooLong && !/[\0\r]/.test(text)
    return { text: isUsable ? text : undefined, rest: rest.subarray(end + 1) }
  }

  #answer(line: string | undefined): boolean {
    if (line === undefined) return this.#say({ text: unusable, isLast: true })
    const reply = this.#options.dialogue.receive(line)
    if (reply.isData === true) {
      const { keptBytes, limits = standardLimits } = this.#options
      this.#message = new IncomingMessage(keptBytes())
      this.#deadline = setTimeout(() => this.#end(silent), limits.messageMs)
    }
    return this.#say(reply)
  }

  #finish(message: IncomingMessage): boolean {
    const { dialogue } = this.#options
    try {
      const isOver = this.#say(dialogue.finish(message.bytes, message.size))
      return this.#isRetired ? this.#say({ text: restarting, isLast: true }) : isOver
    } finally {
      this.#forgetMessage()
    }
  }

  #forgetMessage(): void {
    clearTimeout(this.#deadline)
    this.#message = undefined
    this.#release?.()
    this.#release = undefined
  }

  /** Sends the answers; nothing more is kept for one who asks and asks and reads none. */
  async #flush(): Promise<void> {
    const { socket } = this.#options
    const words = this.#said
    this.#said = ''
    if (words === '' || socket.writableEnded || socket.write(words, 'latin1')) return
    if (socket.destroyed) return
    await new Promise<void>((resolve) => {
      socket.once('drain', () => resolve()).once('close', () => resolve())
    })
  }

  #say({ text, isLast }: Pick<DialogueReply, 'text' | 'isLast'>): boolean {
    this.#said += text
    return isLast === true
  }
}
