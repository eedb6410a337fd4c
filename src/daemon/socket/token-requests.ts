import type { Account } from '../../accounts/account.ts'
import { addressHint } from '../../command-line/nearest-known.ts'
import { AccessRule, type UserDatabase } from '../../configuration/access-rule.ts'
import type { SocketConfiguration } from '../../configuration/configuration.ts'
import { resourceAccount } from '../../configuration/resources.ts'
import {
  AccountUnknownError,
  type CmsOauthError,
  isCmsOauthError,
  NotPermittedError,
  ProtocolNotEnabledError,
  RequestInvalidError,
} from '../../errors.ts'
import type { PeerCredentials } from '../../kernel/peer-credentials.ts'
import type { LogFields } from '../../logging/log.ts'
import { isProtocol } from '../../sasl/output-format.ts'
import type { ServedToken } from '../../sasl/served-token.ts'
import { runningMs } from '../../schedule/clock.ts'
import { type Audit, unauditable } from '../audit.ts'
import { AuditedReplies } from './audited-replies.ts'
import { RefusalLog } from './refusal-log.ts'
import { silence } from './reply.ts'
import type { TokenRequest } from './request.ts'
import type { TokenSource } from './token-source.ts'
import type { Wire } from './wire.ts'
import { wireOf } from './wire-of.ts'

/** What a token socket is and what it works with. */
export interface TokenRequestsOptions {
  configuration: SocketConfiguration
  accounts: { find(user: string): Account | undefined; all(): Iterable<Account> }
  tokens: TokenSource
  audit: Audit
  /** Where the names in `allow` become numbers; the system's own unless a test says otherwise. */
  userDatabase?: UserDatabase
}

/** Who asks, and how to answer: with no bytes for silence. */
interface Exchange {
  peer: PeerCredentials
  /** The groups of the peer, if they are known. */
  groups: () => readonly number[] | undefined
  /** False where the process that connected is gone. */
  isThere: () => boolean
  reply: (answer: Uint8Array) => void
  /** No other connection of the server is open. */
  isAlone: boolean
}

/** Decides what a request gets, and keeps the record of it. */
export class TokenRequests {
  readonly #options: TokenRequestsOptions
  readonly #refusals: RefusalLog
  readonly #audited: AuditedReplies
  #configuration: SocketConfiguration
  #wire: Wire
  #accounts: ReadonlySet<string> | undefined
  #access: AccessRule

  /** @throws ConfigInvalidError where `allow` cannot be kept */
  constructor(options: TokenRequestsOptions) {
    const { configuration, audit, userDatabase } = options
    this.#options = options
    this.#configuration = configuration
    this.#wire = wireOf(configuration)
    this.#accounts = configuration.accounts && new Set(configuration.accounts)
    this.#access = new AccessRule(configuration.allow, userDatabase)
    this.#refusals = new RefusalLog(audit.log, configuration.path)
    this.#audited = new AuditedReplies(audit)
  }

  /** @throws ConfigInvalidError where `allow` cannot be kept; the old settings hold then */
  update(configuration: SocketConfiguration): void {
    this.#access = new AccessRule(configuration.allow, this.#options.userDatabase)
    this.#accounts = configuration.accounts && new Set(configuration.accounts)
    this.#configuration = configuration
    this.#wire = wireOf(configuration)
  }

  /** True where clients use it as a map, with several lookups on a connection. */
  get isMap(): boolean {
    return this.#wire.isMap
  }

  /** Calls `reply` once, now or when a token is there, with the whole answer. */
  answer(bytes: Buffer, exchange: Exchange): void {
    const { peer, groups, reply } = exchange
    // Before anything is read, so that the answer tells nothing about what was asked. The fields one by one,
    // since to spread the peer took 6 % of a request.
    if (!this.#access.admits({ uid: peer.uid, gid: peer.gid, groups })) {
      reply(silence)
      this.noteRefusal(new NotPermittedError('"allow" does not list the peer'), peer)
      return
    }
    const parsed = this.#wire.parse(bytes)
    if ('answer' in parsed) return reply(parsed.answer)
    if ('request' in parsed) return this.#serve(parsed.request, exchange)
    const error = new RequestInvalidError(parsed.refusal, { hint: parsed.hint })
    reply(this.#wire.refuse(error, parsed))
    this.noteRefusal(error, peer)
  }

  /** Logs why somebody got nothing, as often as RefusalLog allows. */
  noteRefusal(error: CmsOauthError, fields: LogFields): void {
    this.#options.audit.counters.countRefusal(error.code)
    this.#refusals.add(error, fields, runningMs())
  }

  /** To be called every second or so; true while there is something left to log later. */
  sweep(now: number): boolean {
    const hasStorm = this.#audited.sweep()
    return this.#refusals.sweep(now) || hasStorm
  }

  #serve(request: TokenRequest, exchange: Exchange): void {
    try {
      const account = this.#accountFor(request)
      const token = this.#options.tokens.serve(account.user)
      if (!(token instanceof Promise)) return this.#grant(token, account, request, exchange)
      token
        .then((token) => this.#grant(token, account, request, exchange))
        .catch((error: unknown) => this.#refuse(error, request, exchange))
    } catch (error) {
      this.#refuse(error, request, exchange)
    }
  }

  #accountFor({ user, protocol }: TokenRequest): Account {
    const isResource = this.#configuration.resources?.includes(protocol) === true
    const account = this.#options.accounts.find(user)
    if (account?.sendsBy !== undefined) {
      throw new ProtocolNotEnabledError(
        `only an outbox sends with "${user}": no socket serves it`,
        {
          hint: 'hand notices to "cms-oauth sendmail"; a mail program needs an account of its own',
        },
      )
    }
    if (
      account?.resource !== undefined ||
      account === undefined ||
      this.#accounts?.has(user) === false
    ) {
      throw new AccountUnknownError(`no account "${user}" is configured for this socket`, {
        hint: addressHint(user, this.#served(), 'see "cms-oauth status" and the configuration'),
      })
    }
    if (isResource) return this.#resourceOf(user, protocol)
    if (isProtocol(protocol) && this.#configuration.protocols.includes(protocol)) return account
    throw new ProtocolNotEnabledError(`this socket does not serve "${protocol}" for "${user}"`, {
      hint: `add "${protocol}" to protocols of the [[socket]], reload, and sign in again if scopes changed`,
    })
  }

  /** The addresses that may be asked for. */
  #served(): string[] {
    return [...this.#options.accounts.all()]
      .filter(({ resource, sendsBy }) => resource === undefined && sendsBy === undefined)
      .map(({ user }) => user)
      .filter((user) => this.#accounts?.has(user) !== false)
  }

  #resourceOf(user: string, name: string): Account {
    const account = this.#options.accounts.find(resourceAccount({ name, user }))
    if (account !== undefined) return account
    throw new ProtocolNotEnabledError(`"${user}" has no resource "${name}"`, {
      hint: `add "${name}" to resources of its [[account]], reload, and sign in again`,
    })
  }

  /** One line for each token that leaves, before it leaves. */
  #grant(token: ServedToken, account: Account, request: TokenRequest, exchange: Exchange): void {
    const { user, protocol } = request
    const { peer, isThere } = exchange
    const answer = this.#wire.grant(request, account, token)
    this.#audited.add(
      {
        granted: { user, protocol, peer, isThere, fingerprint: token.fingerprint },
        send: () => exchange.reply(answer),
        refuse: () => this.#refuse(unauditable(), request, exchange),
      },
      exchange.isAlone,
    )
  }

  /** Anything but an error of src/errors.ts is a mistake in the program and ends it. */
  #refuse(error: unknown, request: TokenRequest, exchange: Exchange): void {
    if (!isCmsOauthError(error)) throw error
    const { user, protocol } = request
    exchange.reply(this.#wire.refuse(error, request))
    this.noteRefusal(error, { ...exchange.peer, user, protocol })
  }
}
