import type { Server as HttpServer } from 'node:http'
import { Server, type Socket } from 'node:net'

interface LazyHttpServerOptions {
  /** Within which a client must begin to speak. */
  firstByteLimitMs?: number
  /** At the next one the oldest that has sent nothing gives way; absent: no limit. */
  mostConnections?: number
  /** Books a connection, by whoever it is; undefined: there is no room for one more of theirs. */
  book?: (socket: Socket) => (() => void) | undefined
}

/**
 * Listens as a net.Server and answers HTTP, but has Node's HTTP server loaded only by the first byte
 * that a client sends: most daemons idle without one, and it takes 0.8 MiB on Node 20
 * and 1.3 on Node 24.
 */
export class LazyHttpServer extends Server {
  readonly #create: () => HttpServer
  readonly #firstByteLimitMs: number
  readonly #mostConnections: number
  readonly #book: NonNullable<LazyHttpServerOptions['book']>
  #http: HttpServer | undefined
  readonly #connections = new Set<Socket>()
  readonly #silent = new Set<Socket>()

  constructor(create: () => HttpServer, options: LazyHttpServerOptions = {}) {
    const {
      firstByteLimitMs = 10_000,
      mostConnections = Number.POSITIVE_INFINITY,
      book = () => () => {},
    } = options
    super({ allowHalfOpen: true })
    this.#create = create
    this.#firstByteLimitMs = firstByteLimitMs
    this.#mostConnections = mostConnections
    this.#book = book
    this.on('connection', (socket) => this.#take(socket))
    this.once('close', () => this.#http?.close())
  }

  /** As of http.Server: ends all connections, in the middle of a request or not. */
  closeAllConnections(): void {
    for (const socket of this.#silent) socket.destroy()
    this.#http?.closeAllConnections()
  }

  #take(socket: Socket): void {
    const release = this.#book(socket)
    if (release === undefined) return void socket.destroy()
    socket.once('close', release)
    if (this.#connections.size >= this.#mostConnections) {
      const [oldest = socket] = this.#silent
      this.#connections.delete(oldest)
      this.#silent.delete(oldest)
      oldest.destroy()
      if (oldest === socket) return
    }
    this.#connections.add(socket)
    socket.once('close', () => this.#connections.delete(socket))
    this.#awaitFirstByte(socket)
  }

  #awaitFirstByte(socket: Socket): void {
    const leave = () => socket.destroy()
    this.#silent.add(socket)
    socket.once('close', () => this.#silent.delete(socket))
    socket.on('error', leave).on('end', leave).setTimeout(this.#firstByteLimitMs, leave)
    socket.once('data', (bytes) => {
      this.#silent.delete(socket)
      socket.off('error', leave).off('end', leave).setTimeout(0).off('timeout', leave)
      socket.pause()
      socket.unshift(bytes)
      this.#openHttp().emit('connection', socket)
      socket.resume()
    })
  }

  #openHttp(): HttpServer {
    if (this.#http === undefined) {
      this.#http = this.#create()
      // It never listens itself, and this is what starts its clock for slow requests.
      this.#http.emit('listening')
    }
    return this.#http
  }
}
