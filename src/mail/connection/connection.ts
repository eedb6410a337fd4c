import type { Socket } from 'node:net'
import { MailLoginRefusedError } from '../../errors.ts'
import { type MailServer, writeServer } from '../mail-server.ts'
import type { ConnectOptions } from './connect-options.ts'
import { connectionEnded, connectionFailure, type Moment } from './connection-failure.ts'
import { Deadline } from './deadline.ts'
import { established } from './established.ts'
import { LineBuffer, type ReplyLimits, ReplyTooLong } from './line-buffer.ts'
import { type OpenSocket, openSocket } from './open-socket.ts'
import { beginTls } from './verified-tls.ts'

/** A socket that somebody else goes on with. */
export interface HandedOver {
  /** Paused, without a listener: give it one for `error` at once. */
  socket: Socket
  /** What the server sent after the last line that was read. */
  unread: Buffer
}

const defaultLimitMs = 60_000
const limits: ReplyLimits = { lineBytes: 64 * 1024, bytes: 256 * 1024 }

/**
 * Lines to and from a mail server, over one socket that becomes a verified TLS one before anything
 * secret is said. Only one at a time may wait for a line.
 */
export class Connection {
  readonly server: MailServer
  readonly #options: ConnectOptions
  readonly #deadline: Deadline
  readonly #buffer = new LineBuffer(limits)
  #socket: Socket
  #isSecure: boolean
  #hasHeard = false
  #failure: Error | undefined
  #isHandedOver = false
  #wake: () => void = () => {}

  private constructor(options: ConnectOptions, deadline: Deadline, opened: OpenSocket) {
    this.server = options.server
    this.#options = options
    this.#deadline = deadline
    this.#socket = opened.socket
    this.#isSecure = opened.isSecure
    this.#listen()
    deadline.signal.addEventListener('abort', () => this.#fail(this.#ranOut()))
  }

  /**
   * Connects, as `openSocket` says.
   * @throws MailLoginRefusedError where the certificate or the handshake does not hold
   * @throws ProviderUnavailableError where the server cannot be reached
   */
  static async open(options: ConnectOptions): Promise<Connection> {
    const { server, listener, limitMs = defaultLimitMs, signal } = options
    listener?.connecting?.(server)
    const deadline = new Deadline(limitMs, signal)
    try {
      return new Connection(options, deadline, await openSocket(options, deadline))
    } catch (error) {
      deadline.end()
      throw error
    }
  }

  /** True once the connection is a verified TLS one. */
  get isSecure(): boolean {
    return this.#isSecure
  }

  /** Gives the conversation so long from now on, in place of what is left of its limit. */
  allow(limitMs: number): void {
    if (this.#failure === undefined) this.#deadline.restart(limitMs)
  }

  /** Says that a reply begins: the limits of ReplyLimits count from here. */
  startReply(): void {
    this.#buffer.startReply()
  }

  /**
   * The next line without its end, one character a byte.
   * @throws CmsOauthError where none comes, or one that is too long
   */
  readLine(): Promise<string> {
    return this.#read(() => this.#buffer.takeLine())
  }

  /** So many bytes, one character each: a literal. @throws CmsOauthError */
  readOctets(count: number): Promise<string> {
    return this.#read(() => this.#buffer.takeOctets(count))
  }

  /** Sends a line that anybody may read. @throws TypeError where it is more than one */
  send(line: string): void {
    if (/[\r\n]/.test(line)) throw new TypeError('a command holds the end of a line')
    this.#options.listener?.sent?.(line)
    this.#socket.write(`${line}\r\n`)
  }

  /** Sends a message as it is, over verified TLS only. @throws MailLoginRefusedError */
  sendMessage(bytes: Buffer): void {
    if (!this.#isSecure) throw this.broken('the connection is not protected by TLS')
    this.#socket.write(bytes)
  }

  /** Sends a credential, over verified TLS only. @throws MailLoginRefusedError */
  sendSecret(line: string): void {
    if (!this.#isSecure) throw this.broken('the connection is not protected by TLS')
    this.#options.listener?.sentSecret?.(line)
    this.#socket.write(`${line}\r\n`)
  }

  /**
   * Turns the connection into a verified TLS one, after the server agreed to it.
   * @throws MailLoginRefusedError where anything was said before the handshake, or the certificate
   * does not hold
   */
  async startTls(): Promise<void> {
    if (this.#buffer.length > 0) {
      throw this.broken('it sent data before the TLS handshake: somebody may be injecting commands')
    }
    if (this.#failure !== undefined) throw this.#failure
    const plain = this.#socket.removeAllListeners()
    // The TLS socket above it reports its errors.
    plain.on('error', () => {})
    const begin = () => beginTls(this.server, this.#options.tls, { plain })
    try {
      this.#socket = await established(begin, 'secureConnect', this.server, this.#deadline)
    } catch (error) {
      this.#deadline.end()
      throw error
    }
    this.#isSecure = true
    this.#listen()
  }

  /**
   * Gives the socket away with what was read and not used; from then on neither the limit nor the
   * signal counts, and this object is of no more use.
   * @throws CmsOauthError where the connection has failed or the server closed it
   */
  handOver(): HandedOver {
    if (this.#failure !== undefined) throw this.#failure
    this.#leave()
    this.#isHandedOver = true
    const socket = this.#socket.pause()
    for (const event of ['data', 'error', 'end', 'close']) socket.removeAllListeners(event)
    return { socket, unread: this.#buffer.takeRest() }
  }

  /**
   * Ends the connection with a word of farewell that waits for no answer and is not told. One that was
   * handed over stays as it is.
   */
  close(farewell: string): void {
    if (this.#isHandedOver) return
    this.#leave()
    // A server that does not read a message reads no farewell either, and the limit has ended.
    if (this.#socket.writableNeedDrain) return void this.#socket.destroy()
    if (this.#socket.writable) this.#socket.write(`${farewell}\r\n`)
    this.#socket.destroySoon()
  }

  /** The error of a server that does what no honest one does. */
  broken(what: string): MailLoginRefusedError {
    const where = writeServer(this.server)
    return new MailLoginRefusedError(`"${where}" cannot be trusted: ${what}`, {
      hint: 'nothing secret was sent after that; if this keeps happening, try another network',
    })
  }

  /** What came before a failure is still read. */
  async #read(take: () => string | undefined): Promise<string> {
    for (;;) {
      const taken = this.#take(take)
      if (taken !== undefined) {
        this.#options.listener?.received?.(taken)
        return taken
      }
      if (this.#failure !== undefined) throw this.#failure
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        this.#socket.resume()
      })
    }
  }

  #take(take: () => string | undefined): string | undefined {
    try {
      return take()
    } catch (error) {
      if (!(error instanceof ReplyTooLong)) throw error
      this.#fail(this.broken('it sends too much'))
      throw this.#failure
    }
  }

  #listen(): void {
    this.#options.listener?.connected?.(this.#socket, this.#isSecure)
    this.#socket.on('data', (chunk: Buffer) => {
      if (!this.#hasHeard) this.#options.listener?.heard?.()
      this.#hasHeard = true
      this.#buffer.push(chunk)
      if (this.#buffer.length > limits.bytes) this.#socket.pause()
      this.#wake()
    })
    this.#socket.on('error', (error) => this.#fail(this.#translate(error)))
    const ended = () => this.#fail(connectionEnded(this.server, this.#moment()))
    this.#socket.on('end', ended)
    this.#socket.on('close', ended)
  }

  #fail(failure: Error): void {
    this.#failure ??= failure
    this.#leave()
    this.#socket.destroy()
    this.#wake()
  }

  #leave(): void {
    this.#deadline.end()
    this.#options.listener?.left?.()
  }

  #ranOut(): Error {
    const { signal, isCancelled } = this.#deadline
    return isCancelled ? (signal.reason as Error) : this.#translate(signal.reason)
  }

  #translate(error: unknown): Error {
    return connectionFailure(this.server, error, this.#moment())
  }

  #moment(): Moment {
    return this.#isSecure || this.#hasHeard ? 'conversation' : 'greeting'
  }
}
