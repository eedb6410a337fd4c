import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import { Server, type Socket } from 'node:net'
import { ConnectionBudget, freeDescriptors } from '../kernel/connection-budget.ts'

interface LazyHttpServerOptions {
  /** Within which a client must begin to speak. */
  firstByteLimitMs?: number
  /** At the next one the oldest gives way that asks nothing: no head of a request has come whole, or each is answered. */
  mostConnections: number
  /** By whom a connection is; undefined: it is gone. Each has a share then. Absent: they are not told apart. */
  originOf?: (socket: Socket) => number | undefined
}

/**
 * Listens as a net.Server and answers HTTP, but has Node's HTTP server loaded only by the first byte
 * that a client sends: most daemons idle without one, and it takes 0.8 MiB on Node 20
 * and 1.3 on Node 24.
 */
export class LazyHttpServer extends Server {
  readonly #create: () => HttpServer
  readonly #options: LazyHttpServerOptions
  readonly #most: number
  readonly #budget: ConnectionBudget
  #http: HttpServer | undefined
  readonly #connections = new Map<Socket, number>()
  /** Those that ask nothing, the oldest first. */
  readonly #idle = new Set<Socket>()
  /** A client may ask several things at once; they are answered in order. */
  readonly #lastAnswers = new WeakMap<Socket, ServerResponse>()

  constructor(create: () => HttpServer, options: LazyHttpServerOptions) {
    super({ allowHalfOpen: true })
    this.#create = create
    this.#options = options
    this.#most = Math.min(options.mostConnections, freeDescriptors())
    this.#budget = new ConnectionBudget(this.#most)
    this.on('connection', (socket) => this.#take(socket))
    this.once('close', () => this.#http?.close())
  }

  /** As of http.Server: ends all connections, in the middle of a request or not. */
  closeAllConnections(): void {
    for (const socket of this.#idle) socket.destroy()
    this.#http?.closeAllConnections()
  }

  #take(socket: Socket): void {
    const { originOf = () => 0 } = this.#options
    const origin = originOf(socket)
    if (origin === undefined || !this.#makeRoom(origin)) return void socket.destroy()
    this.#connections.set(socket, origin)
    this.#idle.add(socket)
    socket.once('close', () => this.#forget(socket))
    this.#awaitFirstByte(socket)
  }

  #makeRoom(origin: number): boolean {
    if (this.#book(origin)) return true
    const oldest = this.#oldestIdle(origin)
    if (oldest === undefined) return false
    this.#forget(oldest)
    oldest.destroy()
    return this.#book(origin)
  }

  #book(origin: number): boolean {
    if (this.#options.originOf !== undefined) return this.#budget.take(origin)
    return this.#connections.size < this.#most
  }

  /** One of the same origin; who has none takes the place of another's. */
  #oldestIdle(origin: number): Socket | undefined {
    const [first] = this.#idle
    for (const socket of this.#idle) if (this.#connections.get(socket) === origin) return socket
    return [...this.#connections.values()].includes(origin) ? undefined : first
  }

  #forget(socket: Socket): void {
    const origin = this.#connections.get(socket)
    if (origin === undefined) return
    this.#connections.delete(socket)
    this.#idle.delete(socket)
    if (this.#options.originOf !== undefined) this.#budget.release(origin)
  }

  #awaitFirstByte(socket: Socket): void {
    const { firstByteLimitMs = 10_000 } = this.#options
    const leave = () => socket.destroy()
    socket.on('error', leave).on('end', leave).setTimeout(firstByteLimitMs, leave)
    socket.once('data', (bytes) => {
      socket.off('error', leave).off('end', leave).setTimeout(0).off('timeout', leave)
      socket.pause()
      socket.unshift(bytes)
      this.#openHttp().emit('connection', socket)
      socket.resume()
    })
  }

  #noteAsked({ socket }: IncomingMessage, response: ServerResponse): void {
    this.#idle.delete(socket)
    this.#lastAnswers.set(socket, response)
    response.once('close', () => {
      const isLast = this.#lastAnswers.get(socket) === response
      if (isLast && this.#connections.has(socket)) this.#idle.add(socket)
    })
  }

  #openHttp(): HttpServer {
    if (this.#http === undefined) {
      const http = this.#create().on('request', (request, response) =>
        this.#noteAsked(request, response),
      )
      const isUpgraded = http.listenerCount('upgrade') > 0
      // Whoever listens gets the socket, and Node's clocks stop: without it an Upgrade is a request as any other.
      if (isUpgraded) http.on('upgrade', ({ socket }) => void this.#idle.delete(socket))
      this.#http = http
      // It never listens itself, and this is what starts its clock for slow requests.
      http.emit('listening')
    }
    return this.#http
  }
}
