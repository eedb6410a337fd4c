import { createServer, type Server, type Socket } from 'node:net'
import type { SocketConfiguration } from '../../configuration/configuration.ts'
import { DaemonUnreachableError, RequestInvalidError } from '../../errors.ts'
import { descriptorOf } from '../../kernel/descriptor-of.ts'
import { isPeerThere, peerGroups } from '../../kernel/peer-credentials.ts'
import { peerOfSocket } from '../../kernel/peer-of-socket.ts'
import { runningMs } from '../../schedule/clock.ts'
import type { ConnectionBudget } from '../../kernel/connection-budget.ts'
import { Connection, type ConnectionOwner } from './connection.ts'
import { type Listener, type PreparedListener, prepareListener } from './listener.ts'
import { MapConnection } from './map-connection.ts'
import { TokenRequests, type TokenRequestsOptions } from './token-requests.ts'

interface TokenServerOptions extends TokenRequestsOptions {
  /** A listening descriptor that systemd passed. */
  inheritedFd?: number
  /** The older server of the same path, which is to be closed. */
  replaces?: TokenServer | undefined
  /** Shared by all token servers of the process. */
  budget: ConnectionBudget
}

const sweepIntervalMs = 1_000
/** Thousands of dawdlers that are cut off in one go would hold up those who ask. */
const cutsPerTurn = 10
/** Time for a client that has connected already to send its request when the socket closes. */
const farewellMs = 250

/** One token socket: request.ts is the grammar, reply.ts what is answered. */
export class TokenServer {
  readonly #options: TokenServerOptions
  readonly #server: Server
  readonly #requests: TokenRequests
  readonly #connections = new Set<Connection | MapConnection>()
  #prepared: PreparedListener | undefined
  #listener: Listener | undefined
  #sweepTimer: NodeJS.Timeout | undefined

  /** @throws ConfigInvalidError where `allow` cannot be kept */
  constructor(options: TokenServerOptions) {
    this.#options = options
    this.#requests = new TokenRequests(options)
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket))
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

  /** Accepts no more connections; those that wait for their answer get it first. */
  async close(): Promise<void> {
    this.#prepared?.discard()
    const farewell = setTimeout(() => {
      for (const connection of this.#connections) connection.closeUnlessWaiting()
    }, farewellMs)
    await this.#listener?.close()
    clearTimeout(farewell)
    clearInterval(this.#sweepTimer)
    this.#requests.sweep(runningMs())
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
    // A daemon that nobody asks wakes no processor.
    clearInterval(this.#sweepTimer)
    this.#sweepTimer = undefined
  }

  #connectionOf(socket: Socket, owner: ConnectionOwner): Connection | MapConnection {
    return this.#requests.isMap ? new MapConnection(socket, owner) : new Connection(socket, owner)
  }

  #accept(socket: Socket): void {
    this.#sweepTimer ??= setInterval(() => this.#sweep(), sweepIntervalMs).unref()
    const { budget } = this.#options
    const peer = peerOfSocket(socket)
    if (peer === undefined) return void socket.destroy()
    if (!budget.take(peer.uid)) {
      socket.destroy()
      this.#requests.noteRefusal(new DaemonUnreachableError('too many open connections'), peer)
      return
    }
    const groups = () => groupsOf(socket)
    const isThere = () => isThereStill(socket)
    const connection = this.#connectionOf(socket, {
      answer: (bytes, reply) => {
        const isAlone = this.#connections.size === 1
        this.#requests.answer(bytes, { peer, groups, isThere, reply, isAlone })
      },
      onCut: (reason) => this.#requests.noteRefusal(new RequestInvalidError(reason), peer),
      onClose: () => {
        budget.release(peer.uid)
        this.#connections.delete(connection)
      },
    })
    this.#connections.add(connection)
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
