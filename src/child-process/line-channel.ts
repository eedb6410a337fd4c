import type { Socket } from 'node:net'
import { parseJson } from '../shapes/parse-json.ts'
import type { Shape } from '../shapes/shape.ts'

interface LineChannelOptions<Incoming> {
  /** What the other side may say. */
  shape: Shape<Incoming>
  onMessage: (message: Incoming) => void
  /** What has come is not a message of the shape; the reason holds nothing of it. */
  onMalformed: (reason: string, value: unknown) => void
  /** Nothing more comes. */
  onClose: () => void
}

/** A configuration of 10,000 accounts takes 10 MB. */
const longestMessage = 64 * 1024 * 1024

/**
 * Messages between two processes of ours, each a line of JSON on a socket that only they have.
 * Not Node's own channel: a line there that is not JSON, or that looks like one of Node's internal
 * messages, is thrown out of the event loop and ends the process that reads it (Node 20 to 24).
 */
export class LineChannel<Outgoing, Incoming> {
  readonly #socket: Socket
  readonly #options: LineChannelOptions<Incoming>
  #parts: string[] = []
  #length = 0
  #soon = ''

  constructor(socket: Socket, options: LineChannelOptions<Incoming>) {
    this.#socket = socket
    this.#options = options
    // A peer that is gone is reported by `close`, which comes next.
    socket.on('error', () => {})
    socket.setEncoding('utf8').on('data', (text: string) => this.#take(text))
    socket.on('end', () => socket.end())
    socket.once('close', () => options.onClose())
  }

  /** Says it, or nothing where the other side is gone: whoever waits for an answer learns of that. */
  send(message: Outgoing): void {
    this.#write(`${JSON.stringify(message)}\n`)
  }

  /**
   * Says it together with what is said next, or alone at the end of this turn of the event loop: each
   * time that the other side is woken costs both.
   */
  sendSoon(message: Outgoing): void {
    if (this.#soon === '') setImmediate(() => this.#write(''))
    this.#soon += `${JSON.stringify(message)}\n`
  }

  /** Says nothing more. */
  close(): void {
    this.#write('')
    this.#socket.end()
  }

  #write(lines: string): void {
    const text = this.#soon + lines
    this.#soon = ''
    if (text !== '' && this.#socket.writable) this.#socket.write(text)
  }

  #take(text: string): void {
    const [first = '', ...others] = text.split('\n')
    this.#add(first)
    for (const part of others) {
      const line = this.#parts.join('')
      this.#parts = []
      this.#length = 0
      // Whoever took the line before may have closed the connection.
      if (this.#socket.destroyed) return
      this.#receive(line)
      this.#add(part)
    }
  }

  #add(part: string): void {
    if (this.#socket.destroyed) return
    this.#parts.push(part)
    this.#length += part.length
    if (this.#length <= longestMessage) return
    this.#parts = []
    this.#socket.destroy()
    this.#options.onMalformed('a message is too long', undefined)
  }

  #receive(line: string): void {
    const { shape, onMessage, onMalformed } = this.#options
    const value = parseJson(line)
    if (value === undefined) return onMalformed('a message is not JSON', undefined)
    const place = shape(value)
    if (place === undefined) onMessage(value as Incoming)
    else onMalformed(`a message is not as agreed at "${place}"`, value)
  }
}
