import type { Socket } from 'node:net'
import { runningMs } from '../schedule/clock.ts'

/** How long a line may be, and how long it may take. */
export interface LineLimits {
  /** In bytes, by what has come of the beginning of the line. */
  bytesOf: (start: string) => number
  waitMs: number
}

/** Nothing more comes: the client has closed its side, or is gone. */
export class ClientGoneError extends Error {}
/** The line did not come in time. */
export class ClientSilentError extends Error {}
/** A line that no mail program sends: too long, or with NUL or a bare CR in it. */
export class UnusableLineError extends Error {}
/** The first bytes are those of TLS, in its own form or in that of SSL 2: the client begins with it. */
export class TlsHelloError extends Error {}
/** The first bytes are those of a proxy that tells whom it is connected to. */
export class ProxyHeaderError extends Error {}

const nothing = Buffer.alloc(0)
const lf = 0x0a
const cr = 0x0d
const tlsHandshake = 0x16
const clientHello = 0x01

/** The lines of a client, one at a time: what it sends on meanwhile stays with the kernel. */
export class ClientLines {
  readonly #socket: Socket
  #buffer: Buffer = nothing
  #isEnded = false
  #hasBegun = false
  #hasHeard = false
  #wake: () => void = () => {}

  /** Takes over a socket that nobody reads, until `takeRest`. */
  constructor(socket: Socket) {
    this.#socket = socket
    for (const event of ['readable', 'end', 'close'] as const) socket.on(event, this.#look)
  }

  /**
   * The next line without its end, one character a byte. Only one may be waited for at a time.
   * @throws ClientGoneError, ClientSilentError, UnusableLineError, TlsHelloError, ProxyHeaderError
   */
  read({ bytesOf, waitMs }: LineLimits): Promise<string> {
    return this.#read(() => this.#takeLine(bytesOf), waitMs)
  }

  /** So many bytes, whatever they are, one character each. @throws ClientGoneError, ClientSilentError */
  readOctets(count: number, waitMs: number): Promise<string> {
    return this.#read(() => this.#takeOctets(count), waitMs)
  }

  /** True once a line was read. */
  get hasHeard(): boolean {
    return this.#hasHeard
  }

  /** True where more has come than was read. */
  get hasMore(): boolean {
    this.#fill()
    return this.#buffer.length > 0
  }

  /** Releases the socket, and returns what came and was not read. */
  takeRest(): Buffer {
    this.#fill()
    for (const event of ['readable', 'end', 'close'] as const) this.#socket.off(event, this.#look)
    const rest = this.#buffer
    this.#buffer = nothing
    return rest
  }

  async #read(take: () => string | undefined, waitMs: number): Promise<string> {
    const deadline = runningMs() + waitMs
    // One read may bring thousands of lines: others have their turn in between.
    if (this.#buffer.length > 0) await new Promise(setImmediate)
    for (;;) {
      const taken = take()
      if (taken !== undefined) return taken
      if (this.#isEnded) throw new ClientGoneError()
      await this.#wait(deadline - runningMs())
    }
  }

  readonly #look = (): void => this.#wake()

  /** Takes what has come. True where there is more than before, or the connection has ended. */
  #fill(): boolean {
    const chunk = this.#socket.read() as Buffer | null
    if (chunk !== null) this.#buffer = Buffer.concat([this.#buffer, chunk])
    this.#isEnded = this.#socket.readableEnded || this.#socket.destroyed
    return chunk !== null || this.#isEnded
  }

  async #wait(waitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve, reject) => {
      this.#wake = () => {
        if (this.#fill()) resolve()
      }
      timer = setTimeout(() => reject(new ClientSilentError()), waitMs)
      this.#wake()
    }).finally(() => {
      clearTimeout(timer)
      this.#wake = () => {}
    })
  }

  #takeOctets(count: number): string | undefined {
    if (this.#buffer.length < count) return undefined
    const octets = this.#buffer.toString('latin1', 0, count)
    this.#buffer = this.#buffer.subarray(count)
    return octets
  }

  #takeLine(bytesOf: LineLimits['bytesOf']): string | undefined {
    if (!this.#hasBegun && this.#buffer.length > 0) {
      if (isTlsHello(this.#buffer)) throw new TlsHelloError()
      if (isProxyHeader(this.#buffer)) throw new ProxyHeaderError()
      this.#hasBegun = true
    }
    const end = this.#buffer.indexOf(lf)
    const reached = end === -1 ? this.#buffer.length : end
    const length = this.#buffer[reached - 1] === cr ? reached - 1 : reached
    if (length > bytesOf(this.#buffer.toString('latin1', 0, 16))) throw new UnusableLineError()
    if (end === -1) return undefined
    const line = this.#buffer.toString('latin1', 0, end).replace(/\r$/, '')
    this.#buffer = this.#buffer.subarray(end + 1)
    this.#hasHeard = true
    if (/[\0\r]/.test(line)) throw new UnusableLineError()
    return line
  }
}

/** Old devices say hello as SSL 2 does, for TLS too (RFC 5246 appendix E.2): a length with its highest bit set, then 1. */
function isTlsHello(bytes: Buffer): boolean {
  const [first = 0, , third] = bytes
  return first === tlsHandshake || (first >= 0x80 && third === clientHello)
}

/** Of the PROXY protocol, versions 1 and 2: <https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt>. */
function isProxyHeader(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, 16)
  return /^PROXY (?:TCP[46]|UNKNOWN)/.test(start) || start.startsWith('\r\n\r\n\0\r\nQUIT\n')
}
