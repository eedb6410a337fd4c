import { createServer, type Server, type Socket } from 'node:net'
import { backlog } from '../kernel/backlog.ts'
import { duplicateDescriptor } from '../kernel/duplicate-descriptor.ts'

/**
 * Node accepts one connection in each turn of the event loop (libuv 1.44 and later), and in a flood turns
 * are long. With several servers on the same socket it accepts as many in a turn.
 */
const acceptsEach = 8

/** Accepts from a socket that listens. Nothing is read from the accepted ones. */
export class Acceptor {
  readonly #servers: readonly Server[]

  constructor(fd: number, onConnection: (accepted: Socket) => void) {
    const how = { allowHalfOpen: true, noDelay: true, pauseOnConnect: true }
    this.#servers = Array.from({ length: acceptsEach }, (_, index) => {
      const own = index === 0 ? fd : duplicateDescriptor(fd)
      return createServer(how, onConnection).listen({ fd: own }, backlog)
    })
  }

  /** Stops accepting. */
  close(): void {
    for (const server of this.#servers) server.close()
  }
}
