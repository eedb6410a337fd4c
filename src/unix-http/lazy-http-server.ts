import type { IncomingMessage, Server as HttpServer } from 'node:http'
import { Server, type Socket } from 'node:net'
import { ConnectionBudget, freeDescriptors } from '../kernel/connection-budget.ts'

interface LazyHttpServerOptions {
  /** Within which a client must begin to speak. */
  firstByteLimitMs?: number
  /** At the next one the oldest that has not asked gives way: the head of a request has not come whole. */
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
  readonly #unasked = new Set<Socket>()

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
    for (const socket of this.#unasked) socket.destroy()
    this.#http?.closeAllConnections()
  }

  #take(socket: Socket): void {
    const { originOf = () => 0 } = this.#options
    const origin = originOf(socket)
    if (origin === undefined || !this.#makeRoom(origin)) return void socket.destroy()
    this.#connections.set(socket, origin)
    this.#unasked.add(socket)
    socket.once('close', () => this.#forget(socket))
    this.#awaitFirstByte(socket)
  }

  #makeRoom(origin: number): boolean {
    if (this.#book(origin)) return true
    const oldest = this.#oldestUnasked(origin)
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
  #oldestUnasked(origin: number): Socket | undefined {
    const [first] = this.#unasked
    for (const socket of this.#unasked) if (this.#connections.get(socket) === origin) return socket
    return [...this.#connections.values()].includes(origin) ? undefined : first
  }

  #forget(socket: Socket): void {
    const origin = this.#connections.get(socket)
    if (origin === undefined) return
    this.#connections.delete(socket)
    this.#unasked.delete(socket)
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

  #openHttp(): HttpServer {
    if (this.#http === undefined) {
      const noteAsked = ({ socket }: IncomingMessage) => void this.#unasked.delete(socket)
      this.#http = this.#create().on('request', noteAsked).on('upgrade', noteAsked)
      // It never listens itself, and this is what starts its clock for slow requests.
      this.#http.emit('listening')
    }
    return this.#http
  }
}
