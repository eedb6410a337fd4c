import type { Socket } from 'node:net'
import { endsRequest, requestLimitBytes } from './request.ts'

/** How long a client may take to ask, and again to take its answer. */
export const connectionLimitMs = 10_000

/** What a connection does with a request that has ended. */
export type Answer = (request: Uint8Array, reply: (text: string) => void) => void

/** One connection from its accept to its close: at most one request, one write, then the end. */
export class Connection {
  readonly #socket: Socket
  readonly #answer: Answer
  #received: Buffer = Buffer.alloc(0)
  #hasRequest = false
  /** Ms of performance.now() when its time is over; the sweep looks at it. */
  #endsAt: number

  constructor(socket: Socket, answer: Answer, onClose: () => void) {
    this.#socket = socket
    this.#answer = answer
    this.#endsAt = performance.now() + connectionLimitMs
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('end', () => this.#end())
    // A peer that is gone is no event: its close is all there is to do.
    socket.on('error', () => {})
    socket.once('close', onClose)
  }

  /** Closes the connection if its client dawdles. */
  sweep(now: number): void {
    if (now >= this.#endsAt) this.#socket.destroy()
  }

  /** Closes a connection that has not asked yet; one that waits for its answer stays. */
  closeUnlessWaiting(): void {
    if (!this.#hasRequest) this.#socket.destroy()
  }

  #receive(chunk: Buffer): void {
    // What follows a request is read and thrown away: unread bytes would reset the peer's reading.
    if (this.#hasRequest) return
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const window = this.#received.subarray(0, requestLimitBytes)
    if (endsRequest(window)) this.#request(window)
    else if (this.#received.length > requestLimitBytes) this.#socket.destroy()
  }

  #end(): void {
    if (!this.#hasRequest) this.#request(this.#received)
  }

  #request(bytes: Uint8Array): void {
    this.#hasRequest = true
    this.#received = Buffer.alloc(0)
    // The daemon's own time does not count against the client.
    this.#endsAt = Number.POSITIVE_INFINITY
    this.#answer(bytes, (text) => this.#reply(text))
  }

  #reply(text: string): void {
    this.#endsAt = performance.now() + connectionLimitMs
    if (text === '') this.#socket.destroy()
    else this.#socket.end(text, () => this.#socket.destroy())
  }
}
