import { readFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import type { Account } from '../accounts/account.ts'
import type { SocketConfiguration } from '../config/configuration.ts'
import {
  AccountUnknownError,
  type CmsOauthError,
  isCmsOauthError,
  NotPermittedError,
  ProtocolNotEnabledError,
  RequestInvalidError,
} from '../errors.ts'
import { type PeerCredentials, peerCredentials } from '../kernel/peer-credentials.ts'
import type { Log } from '../logging/log.ts'
import { fingerprint } from '../logging/secret.ts'
import { AccessRule } from './access-rule.ts'
import { Connection } from './connection.ts'
import type { ConnectionBudget } from './connection-budget.ts'
import { type Listener, openListener } from './listener.ts'
import { RefusalLog } from './refusal-log.ts'
import { grantReply, refusalReply, type ServedToken } from './reply.ts'
import { parseRequest, type TokenRequest } from './request.ts'

/** Where tokens come from: at once from memory, else after a bounded wait. */
export interface TokenSource {
  /** @throws CmsOauthError, or rejects with one, where there is no token to serve */
  serve(user: string): ServedToken | Promise<ServedToken>
}

interface TokenServerOptions {
  configuration: SocketConfiguration
  /** A listening descriptor that systemd passed. */
  inheritedFd?: number
  accounts: { find(user: string): Account | undefined }
  tokens: TokenSource
  /** Shared by all token servers of the process. */
  budget: ConnectionBudget
  log: Log
}

const sweepIntervalMs = 1_000

/** One token socket (DESIGN section 3). */
export class TokenServer {
  readonly #options: TokenServerOptions
  readonly #server: Server
  readonly #connections = new Set<Connection>()
  readonly #refusals: RefusalLog
  #configuration: SocketConfiguration
  #access: AccessRule
  #listener: Listener | undefined
  #sweepTimer: NodeJS.Timeout | undefined

  /** @throws ConfigInvalidError where `allow` cannot be kept */
  constructor(options: TokenServerOptions) {
    this.#options = options
    this.#configuration = options.configuration
    this.#access = new AccessRule(options.configuration.allow)
    this.#refusals = new RefusalLog(options.log)
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket))
  }

  /** Opens the socket. @throws ConfigInvalidError */
  async listen(): Promise<void> {
    const { inheritedFd } = this.#options
    const { path, mode, owner, group } = this.#configuration
    this.#listener = await openListener(this.#server, {
      path,
      mode,
      ...(owner === undefined ? {} : { owner }),
      ...(group === undefined ? {} : { group }),
      ...(inheritedFd === undefined ? {} : { inheritedFd }),
    })
    this.#sweepTimer = setInterval(() => this.#sweep(), sweepIntervalMs)
    this.#sweepTimer.unref()
  }

  /** Takes the settings that need no new socket: accounts, protocols, reply, allow. */
  update(configuration: SocketConfiguration): void {
    this.#access = new AccessRule(configuration.allow)
    this.#configuration = configuration
  }

  /** Takes no more connections; those that wait for their answer get it first. */
  async close(): Promise<void> {
    for (const connection of this.#connections) connection.closeUnlessWaiting()
    await this.#listener?.close()
    clearInterval(this.#sweepTimer)
  }

  #sweep(): void {
    const now = performance.now()
    for (const connection of this.#connections) connection.sweep(now)
  }

  #accept(socket: Socket): void {
    const { budget } = this.#options
    const peer = peerOf(socket)
    if (peer === undefined || !budget.take(peer.uid)) {
      socket.destroy()
      return
    }
    const connection = new Connection(
      socket,
      (bytes, reply) => this.#answer(bytes, peer, reply),
      () => {
        budget.release(peer.uid)
        this.#connections.delete(connection)
      },
    )
    this.#connections.add(connection)
  }

  #answer(bytes: Uint8Array, peer: PeerCredentials, reply: (text: string) => void): void {
    if (!this.#access.admits(peer)) {
      this.#refusals.add(new NotPermittedError('"allow" does not list the peer'), peer)
      reply('')
      return
    }
    const parsed = parseRequest(bytes)
    if ('refusal' in parsed) {
      const error = new RequestInvalidError(parsed.refusal, {
        hint: 'a request is PROTO[,FORMAT] SP ADDRESS, for example "SMTP user@domain.com"',
      })
      this.#refuse(error, peer, parsed.wantsJson ? 'json' : 'token', reply)
      return
    }
    this.#serve(parsed.request, peer, reply)
  }

  #serve(request: TokenRequest, peer: PeerCredentials, reply: (text: string) => void): void {
    const refuse = (error: unknown) => {
      if (!isCmsOauthError(error)) throw error
      const format = request.format ?? this.#configuration.reply
      this.#refuse(
        error,
        { ...peer, user: request.user, protocol: request.protocol },
        format,
        reply,
      )
    }
    try {
      const account = this.#accountFor(request)
      const grant = (token: ServedToken) => {
        reply(grantReply(request, account, token, this.#configuration.reply))
        this.#audit(request, peer, token)
      }
      const token = this.#options.tokens.serve(request.user)
      if (token instanceof Promise) token.then(grant).catch(refuse)
      else grant(token)
    } catch (error) {
      refuse(error)
    }
  }

  #accountFor({ user, protocol }: TokenRequest): Account {
    const { accounts, protocols } = this.#configuration
    const account = this.#options.accounts.find(user)
    if (account === undefined || accounts?.includes(user) === false) {
      throw new AccountUnknownError(`no account "${user}" is configured for this socket`, {
        hint: 'upper and lower case count; see "cms-oauth status" and the configuration',
      })
    }
    if (protocols.includes(protocol)) return account
    throw new ProtocolNotEnabledError(`this socket does not serve "${protocol}" for "${user}"`, {
      hint: `add "${protocol}" to protocols of the [[socket]], reload, and sign in again if scopes changed`,
    })
  }

  #refuse(
    error: CmsOauthError,
    fields: Parameters<RefusalLog['add']>[1],
    format: Parameters<typeof refusalReply>[1],
    reply: (text: string) => void,
  ): void {
    reply(refusalReply(error, format))
    this.#refusals.add(error, fields)
  }

  #audit(request: TokenRequest, peer: PeerCredentials, token: ServedToken): void {
    this.#options.log.info('token.granted', {
      user: request.user,
      protocol: request.protocol,
      uid: peer.uid,
      pid: peer.pid,
      program: programOf(peer.pid),
      fingerprint: fingerprint(token.accessToken),
    })
  }
}

function peerOf(socket: Socket): PeerCredentials | undefined {
  const { _handle: handle } = socket as Socket & { _handle?: { fd: number } }
  try {
    return handle === undefined ? undefined : peerCredentials(handle.fd)
  } catch {
    // The peer was gone before it was looked at.
    return undefined
  }
}

function programOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd()
  } catch {
    return ''
  }
}
