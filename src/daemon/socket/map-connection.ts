import type { Socket } from 'node:net'
import { runningMs } from '../../schedule/clock.ts'
import { connectionLimitMs, type ConnectionOwner } from './connection.ts'
import { readNetstring } from './netstring.ts'
import { requestLimitBytes } from './request.ts'

/** Postfix keeps a connection for ten seconds without a lookup, and asks again by a new one after that. */
export const idleLimitMs = 30_000

const nothing = Buffer.alloc(0)

/** One connection of a map's client: one lookup after the other, each answered before the next is read. */
export class MapConnection {
  readonly #socket: Socket
  readonly #owner: ConnectionOwner
  #received: Buffer = nothing
  #isAnswering = false
  #isClosing = false
  #hasEnded = false
  /** Ms of runningMs() when its time is over; the sweep checks it. */
  #endsAt = runningMs() + idleLimitMs

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.#socket = socket
    this.#owner = owner
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('end', () => {
      this.#hasEnded = true
      this.#lookUp()
    })
    // A peer that is gone is not an event: there is nothing to do but close.
    socket.on('error', () => {})
    socket.once('close', () => owner.onClose())
  }

  /** Closes the connection if its client dawdles, or has nothing to ask for long; true where it did. */
  sweep(now: number): boolean {
    if (now < this.#endsAt) return false
    this.#endsAt = Number.POSITIVE_INFINITY
    if (this.#received.length > 0 || this.#isAnswering) this.#cut('the client took too long')
    else this.#socket.destroy()
    return true
  }

  /** Closes the connection; an answer that is awaited leaves first. */
  closeUnlessWaiting(): void {
    this.#isClosing = true
    if (!this.#isAnswering) this.#socket.destroy()
  }

  #receive(chunk: Buffer): void {
    if (this.#received.length === 0) this.#endsAt = runningMs() + connectionLimitMs
    this.#received = Buffer.concat([this.#received, chunk])
    this.#lookUp()
  }

  #lookUp(): void {
    if (this.#isAnswering || this.#socket.destroyed) return
    const read = readNetstring(this.#received, requestLimitBytes)
    if (read === 'unfinished') {
      if (this.#hasEnded) this.#socket.end(() => this.#socket.destroy())
      return
    }
    if (read === 'malformed') return this.#cut('the request is not a netstring, or too long')
    this.#received = Buffer.from(read.rest)
    this.#isAnswering = true
    // The daemon's own time does not count against the client.
    this.#endsAt = Number.POSITIVE_INFINITY
    this.#socket.pause()
    this.#owner.answer(read.content, (answer) => this.#reply(answer))
  }

  #reply(answer: Uint8Array): void {
    this.#isAnswering = false
    if (answer.length === 0 || this.#socket.destroyed) return void this.#socket.destroy()
    if (this.#isClosing) return void this.#socket.end(answer, () => this.#socket.destroy())
    const hasRoom = this.#socket.write(answer)
    const limitMs = this.#received.length > 0 || !hasRoom ? connectionLimitMs : idleLimitMs
    this.#endsAt = runningMs() + limitMs
    if (!hasRoom) return void this.#socket.once('drain', () => this.#goOn())
    this.#goOn()
  }

  #goOn(): void {
    this.#socket.resume()
    // Not at once: whoever sends very many lookups in one write is not served before all others.
    setImmediate(() => this.#lookUp())
  }

  #cut(reason: string): void {
    this.#received = nothing
    this.#socket.destroy()
    this.#owner.onCut(reason)
  }
}
