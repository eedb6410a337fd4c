import { closeSync } from 'node:fs'
import type { Server } from 'node:net'
import { acceptWaiting } from '../../kernel/accept-waiting.ts'
import { backlog } from '../../kernel/backlog.ts'
import { descriptorOf } from '../../kernel/descriptor-of.ts'
import { duplicateDescriptor } from '../../kernel/duplicate-descriptor.ts'

/**
 * The connections that wait to be accepted by a server. Node takes one in each turn of the event loop, and
 * makes a socket of it; in a flood they are taken here, as descriptors and many at a time.
 */
export class AcceptQueue {
  readonly #server: Server
  /** Of the socket that listens, while it is Node's no more. */
  #fd: number | undefined

  constructor(server: Server) {
    this.#server = server
  }

  /** Has Node's server accept no more; the socket goes on to listen. */
  takeOver(): void {
    const fd = descriptorOf(this.#server)
    if (fd === undefined || this.#fd !== undefined) return
    this.#fd = duplicateDescriptor(fd)
    this.#server.close()
  }

  /** Has Node's server accept again. */
  giveBack(): void {
    if (this.#fd !== undefined) this.#server.listen({ fd: this.#fd }, backlog)
    this.#fd = undefined
  }

  /** The descriptor of the next one; undefined where there is none, or Node's server accepts. */
  next(): number | undefined {
    return this.#fd === undefined ? undefined : acceptWaiting(this.#fd)
  }

  /** Closes the socket that listens, unless it is Node's: then Node's server does. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }
}
