import type { Socket } from 'node:net'
import { runningMs } from '../../schedule/clock.ts'
import { endsRequest, requestLimitBytes } from './request.ts'

/** How long a client may take to ask, and again to take its answer. */
export const connectionLimitMs = 10_000

/** What a connection needs of the server it belongs to. */
export interface ConnectionOwner {
  /** Answers a request that has ended: one call of `reply`, without bytes for silence. */
  answer(request: Buffer, reply: (answer: Uint8Array) => void): void
  /** Told when a client that keeps no limit is cut off. */
  onCut(reason: string): void
  onClose(): void
}

const nothing = Buffer.alloc(0)
const ignore = (): void => {}

/** One connection from its accept to its close: at most one request, one write, then the end. */
export class Connection {
  readonly #socket: Socket
  readonly #owner: ConnectionOwner
  #received: Buffer = nothing
  #hasRequest = false
  #ignoredBytes = 0
  /** Ms of runningMs() when its time is over; the sweep checks it. */
  #endsAt = runningMs() + connectionLimitMs

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.#socket = socket
    this.#owner = owner
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('end', () => this.#end())
    // A peer that is gone is not an event: there is nothing to do but close.
    socket.on('error', ignore)
    // It comes once; `once` would wrap it, and take it off again.
    socket.on('close', () => owner.onClose())
  }

  /** Closes the connection if its client dawdles; true where it did. */
  sweep(now: number): boolean {
    if (now < this.#endsAt) return false
    this.#endsAt = Number.POSITIVE_INFINITY
    this.#cut('the client took too long')
    return true
  }

  /** Closes a connection that has not asked yet; one that waits for its answer stays. */
  closeUnlessWaiting(): void {
    if (!this.#hasRequest) this.#socket.destroy()
  }

  #receive(chunk: Buffer): void {
    if (this.#hasRequest) return this.#ignore(chunk)
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const window = this.#received.subarray(0, requestLimitBytes)
    if (endsRequest(window)) this.#request(window)
    else if (this.#received.length > requestLimitBytes) this.#cut('the request is too long')
  }

  /** Bytes left unread would reset the peer while it reads its answer. */
  #ignore(chunk: Buffer): void {
    this.#ignoredBytes += chunk.length
    if (this.#ignoredBytes > requestLimitBytes) this.#cut('the request is too long')
  }

  #end(): void {
    if (!this.#hasRequest) this.#request(this.#received)
  }

  #request(bytes: Buffer): void {
    this.#hasRequest = true
    this.#received = nothing
    // The daemon's own time does not count against the client.
    this.#endsAt = Number.POSITIVE_INFINITY
    this.#owner.answer(bytes, (answer) => this.#reply(answer))
  }

  #reply(answer: Uint8Array): void {
    this.#endsAt = runningMs() + connectionLimitMs
    if (answer.length === 0) this.#socket.destroy()
    else this.#socket.end(answer, () => this.#socket.destroy())
  }

  #cut(reason: string): void {
    // What a flood sends must be garbage before its connection has closed, or it is kept for long.
    this.#received = nothing
    this.#socket.destroy()
    this.#owner.onCut(reason)
  }
}
