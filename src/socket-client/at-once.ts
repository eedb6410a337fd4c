import { closeSync, readSync, writevSync } from 'node:fs'
import type * as streamSocket from '../kernel/stream-socket.ts'
import { errorOf, type Received } from './read-to-end.ts'

/** Given, as koffi may not be there to import them. */
type StreamCalls = Pick<typeof streamSocket, 'endSending' | 'waitFor'>

/** What is said on a connection. */
export interface Request {
  /** Sent in one piece: who refuses at once may be gone before a second one, and its answer with it. */
  parts: readonly Buffer[]
  /** Whether the other side waits for the end of what is sent. */
  isEnded: boolean
  /** Of an answer, which is broken off with EMSGSIZE where it is longer. */
  answerLimitBytes: number
}

/** An exchange that is not over: its descriptor is open. */
export interface UnderWay {
  unsent: readonly Buffer[]
  /** What has come so far. */
  came: readonly Buffer[]
}

const blockBytes = 64 * 1024

/**
 * Sends a request on a connected descriptor and reads the answer to its end, within `limitMs`, for which this process
 * does nothing else. Where it is over, the descriptor is closed. Does not throw.
 */
export function exchangeAtOnce(
  fd: number,
  request: Request,
  { calls, limitMs }: { calls: StreamCalls; limitMs: number },
): Received | UnderWay {
  const until = process.uptime() * 1_000 + limitMs
  const exchange = new ExchangeAtOnce(fd, request)
  let ready = { canRead: false, canWrite: true }
  while (ready.canRead || ready.canWrite) {
    if (ready.canWrite && exchange.send()) calls.endSending(fd)
    if (ready.canRead) {
      const received = exchange.read()
      if (received !== undefined) return received
    }
    const leftMs = Math.max(0, Math.ceil(until - process.uptime() * 1_000))
    ready = calls.waitFor(fd, exchange.underWay.unsent.length > 0, leftMs)
  }
  return exchange.underWay
}

class ExchangeAtOnce {
  readonly #fd: number
  readonly #request: Request
  readonly #came: Buffer[] = []
  readonly #block = Buffer.allocUnsafe(blockBytes)
  #unsent: readonly Buffer[]
  #size = 0
  #refused: NodeJS.ErrnoException | undefined

  constructor(fd: number, request: Request) {
    this.#fd = fd
    this.#request = request
    this.#unsent = request.parts
  }

  get underWay(): UnderWay {
    return { unsent: this.#unsent, came: this.#came }
  }

  /** Sends what fits. True where that was all, and the other side is to be told so. */
  send(): boolean {
    try {
      this.#unsent = without(writevSync(this.#fd, this.#unsent), this.#unsent)
    } catch (error) {
      // Whoever closes early may have answered before: that counts first.
      this.#refused = error as NodeJS.ErrnoException
      this.#unsent = []
    }
    return this.#unsent.length === 0 && this.#request.isEnded
  }

  /** Reads what is there. All that came, where it is over. */
  read(): Received | undefined {
    try {
      const length = readSync(this.#fd, this.#block)
      if (length === 0) return this.#end(this.#refused)
      this.#came.push(Buffer.from(this.#block.subarray(0, length)))
      this.#size += length
    } catch (error) {
      return this.#end(error as NodeJS.ErrnoException)
    }
    const isTooLong = this.#size > this.#request.answerLimitBytes
    return isTooLong ? this.#end(errorOf('EMSGSIZE')) : undefined
  }

  #end(error: NodeJS.ErrnoException | undefined): Received {
    closeSync(this.#fd)
    return { bytes: Buffer.concat(this.#came), ...(error && { error }) }
  }
}

/** The parts without so many bytes of their beginning. */
function without(length: number, parts: readonly Buffer[]): Buffer[] {
  let left = length
  return parts.flatMap((part) => {
    const rest = part.subarray(left)
    left = Math.max(0, left - part.length)
    return rest.length === 0 ? [] : [rest]
  })
}
