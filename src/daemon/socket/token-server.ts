import { createServer, type Server, Socket } from 'node:net'
import type { SocketConfiguration } from '../../configuration/configuration.ts'
import { RequestInvalidError } from '../../errors.ts'
import { descriptorOf } from '../../kernel/descriptor-of.ts'
import {
  isPeerThere,
  type PeerCredentials,
  peerGroups,
  readPeerCredentials,
} from '../../kernel/peer-credentials.ts'
import { peerOfSocket } from '../../kernel/peer-of-socket.ts'
import { runningMs } from '../../schedule/clock.ts'
import { AcceptQueue } from './accept-queue.ts'
import { Connection, type ConnectionOwner } from './connection.ts'
import { type Listener, type PreparedListener, prepareListener } from './listener.ts'
import { MapConnection } from './map-connection.ts'
import { readNetstring } from './netstring.ts'
import { OpenConnections } from './open-connections.ts'
import { endsRequest, requestLimitBytes } from './request.ts'
import { type SilentConnections, type SilentOwner, tooMany } from './silent-connections.ts'
import { TokenRequests, type TokenRequestsOptions } from './token-requests.ts'

interface TokenServerOptions extends TokenRequestsOptions {
  /** A listening descriptor that systemd passed. */
  inheritedFd?: number
  /** The older server of the same path, which is to be closed. */
  replaces?: TokenServer | undefined
  /** Shared by all token servers of the process. */
  silent: SilentConnections
}

const sweepIntervalMs = 1_000
/** Thousands of dawdlers that are cut off in one go would hold up those who ask. */
const cutsPerTurn = 10
/** So many that wait to be accepted are taken in one go, in a ms. */
const mostAccepted = 128
/** Time for a client that has connected already to send its request when the socket closes. */
const farewellMs = 250

/** One token socket: request.ts is the grammar, reply.ts what is answered. */
export class TokenServer {
  readonly #options: TokenServerOptions
  readonly #server: Server
  readonly #queue: AcceptQueue
  readonly #requests: TokenRequests
  readonly #connections = new OpenConnections<Connection | MapConnection>()
  #prepared: PreparedListener | undefined
  #listener: Listener | undefined
  #sweepTimer: NodeJS.Timeout | undefined
  #onGone: (() => void) | undefined
  /** Who was accepted last. */
  readonly #accepted: PeerCredentials = { pid: 0, uid: 0, gid: 0 }
  readonly #silentOwner: SilentOwner = {
    acceptSome: () => this.#acceptSome(),
    acceptAsUsual: () => this.#queue.giveBack(),
    isAsked: (bytes, length) => this.#isAsked(bytes, length),
    serve: (fd, peer) => this.#serve(new Socket({ fd, allowHalfOpen: true }), peer),
    onCut: (error, peer) => this.#requests.noteRefusal(error, peer),
  }

  /** @throws ConfigInvalidError where `allow` cannot be kept */
  constructor(options: TokenServerOptions) {
    this.#options = options
    this.#requests = new TokenRequests(options)
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket))
    this.#queue = new AcceptQueue(this.#server)
  }

  /** Makes the socket where nobody can reach it yet. @throws as openListener */
  async prepare(): Promise<void> {
    const { inheritedFd, configuration, replaces } = this.#options
    const { path, mode, owner, group } = configuration
    this.#prepared = await prepareListener(this.#server, {
      path,
      mode,
      replaces: replaces === undefined ? undefined : replaces.#listener,
      ...(owner === undefined ? {} : { owner }),
      ...(group === undefined ? {} : { group }),
      ...(inheritedFd === undefined ? {} : { inheritedFd }),
    })
  }

  /** Opens the socket. @throws as openListener */
  async listen(): Promise<void> {
    if (this.#prepared === undefined) await this.prepare()
    const prepared = this.#prepared
    this.#prepared = undefined
    this.#listener = await prepared?.publish()
  }

  /**
   * Takes the settings that need no new socket: accounts, protocols, reply, allow.
   * @throws ConfigInvalidError where `allow` cannot be kept; the old settings hold then
   */
  update(configuration: SocketConfiguration): void {
    this.#requests.update(configuration)
  }

  /** False once the path leads elsewhere, or nowhere: no program gets to this socket any more. */
  hasName(): boolean {
    return this.#listener?.hasName() !== false
  }

  /** False once somebody has changed who reaches the socket. */
  hasRights(): boolean {
    return this.#listener?.hasRights() !== false
  }

  /** Accepts no more connections; those that wait for their answer get it first. */
  async close(): Promise<void> {
    this.#prepared?.discard()
    const farewell = setTimeout(() => this.#dismiss(), farewellMs)
    this.#acceptSome()
    this.#queue.close()
    await this.#listener?.close()
    // Connections that came while it was crowded are not counted by Node's server.
    await this.#allGone()
    this.#options.silent.closeOf(this.#silentOwner)
    clearTimeout(farewell)
    clearInterval(this.#sweepTimer)
    this.#requests.sweep(runningMs())
  }

  /** Closes those that have not asked. */
  #dismiss(): void {
    for (const connection of this.#connections) connection.closeUnlessWaiting()
    this.#options.silent.closeOf(this.#silentOwner)
    this.#onGone?.()
  }

  async #allGone(): Promise<void> {
    const { silent } = this.#options
    while (this.#connections.size > 0 || silent.has(this.#silentOwner)) {
      await new Promise<void>((resolve) => (this.#onGone = resolve))
    }
  }

  #sweep(): void {
    const now = runningMs()
    let cuts = 0
    for (const connection of this.#connections) {
      if (!connection.sweep(now) || ++cuts < cutsPerTurn) continue
      setImmediate(() => this.#sweep())
      return
    }
    const hasMore = this.#requests.sweep(now)
    if (hasMore || this.#connections.size > 0) return
    if (this.#options.silent.has(this.#silentOwner)) return
    // A daemon that nobody asks wakes no processor.
    clearInterval(this.#sweepTimer)
    this.#sweepTimer = undefined
  }

  #connectionOf(socket: Socket, owner: ConnectionOwner): Connection | MapConnection {
    return this.#requests.isMap ? new MapConnection(socket, owner) : new Connection(socket, owner)
  }

  #isAsked(bytes: Buffer, length: number): boolean {
    const asked = bytes.subarray(0, Math.min(length, requestLimitBytes))
    if (!this.#requests.isMap) return endsRequest(asked)
    return readNetstring(asked, requestLimitBytes) !== 'unfinished'
  }

  #accept(socket: Socket): void {
    this.#sweepTimer ??= setInterval(() => this.#sweep(), sweepIntervalMs).unref()
    const { silent } = this.#options
    if (silent.isCrowded) {
      this.#queue.takeOver()
      silent.acceptFor(this.#silentOwner)
    }
    const peer = peerOfSocket(socket)
    if (peer === undefined) return void socket.destroy()
    if (silent.take(peer.uid)) return this.#serve(socket, peer)
    socket.destroy()
    this.#requests.noteRefusal(tooMany, peer)
  }

  /** True where there are more. */
  #acceptSome(): boolean {
    for (let count = 0; count < mostAccepted; count++) {
      const fd = this.#queue.next()
      if (fd === undefined) return false
      this.#options.silent.add(fd, readPeerCredentials(fd, this.#accepted), this.#silentOwner)
    }
    return true
  }

  #serve(socket: Socket, peer: PeerCredentials): void {
    const groups = () => groupsOf(socket)
    const isThere = () => isThereStill(socket)
    const connection = this.#connectionOf(socket, {
      answer: (bytes, reply) => {
        const isAlone = this.#connections.size === 1
        this.#requests.answer(bytes, { peer, groups, isThere, reply, isAlone })
      },
      onCut: (reason) => this.#requests.noteRefusal(new RequestInvalidError(reason), peer),
      onClose: () => {
        this.#options.silent.release(peer.uid)
        this.#connections.remove(place)
        this.#onGone?.()
      },
    })
    const place = this.#connections.add(connection)
  }
}

/** What "allow" asks for after a request came; of a connection that is closed none. */
function groupsOf(socket: Socket): number[] | undefined {
  const fd = descriptorOf(socket)
  return fd === undefined ? [] : peerGroups(fd)
}

/** Of a connection that is closed nobody can say. */
function isThereStill(socket: Socket): boolean {
  const fd = descriptorOf(socket)
  return fd === undefined || isPeerThere(fd)
}
