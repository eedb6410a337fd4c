import type { SecureContext } from 'node:tls'
import type { BridgeAccount } from '../configuration/configuration.ts'
import { type CmsOauthError, isCmsOauthError, ProviderUnavailableError } from '../errors.ts'
import { accountFactsOf } from '../mail/account-facts.ts'
import { Connection } from '../mail/connection/connection.ts'
import { parseServer, writeServer } from '../mail/mail-server.ts'
import { Mask } from '../mail/mask.ts'
import { SmtpSession } from '../mail/smtp-session.ts'
import type { BridgeToken } from '../messages/bridge-messages.ts'
import { runningMs } from '../schedule/clock.ts'
import type { DaemonTokens } from './daemon-tokens.ts'
import type { Places } from './places.ts'
import type { ServerExtensions } from './server-extensions.ts'
import type { Upstream } from './upstream.ts'

/** Of a login in all: programs give up after 20 s. */
const loginLimitMs = 15_000
const askLimitMs = 5_000

interface UpstreamLoginsOptions {
  places: Places
  tokens: Pick<DaemonTokens, 'request'>
  extensions: ServerExtensions
  tls: SecureContext
}

/** A login that somebody waits for. */
export interface LoginRequest {
  account: BridgeAccount
  /** How many connections there may be to its server: see Places. */
  limit: number
  waitMs: number
  /** Aborts when the client is gone. */
  signal: AbortSignal
}

/** Logs in at mail servers, with the daemon's tokens, each for one client. */
export class UpstreamLogins {
  readonly #options: UpstreamLoginsOptions

  constructor(options: UpstreamLoginsOptions) {
    this.#options = options
  }

  /** A connection that is logged in; its place is free again when it is closed. @throws CmsOauthError */
  async logIn({ account, limit, waitMs, signal }: LoginRequest): Promise<Upstream> {
    const deadline = runningMs() + loginLimitMs
    const { places, tokens } = this.#options
    const release = await places.take(placeOf(account), { limit, waitMs, signal })
    try {
      const token = await tokens.request(account.user, 'SMTP', deadline - runningMs())
      const limitMs = Math.max(1, deadline - runningMs())
      const upstream = await this.#open(account, token, { limitMs, signal })
      upstream.socket.once('close', release)
      // Nobody else may listen yet.
      upstream.socket.on('error', () => {})
      return upstream
    } catch (error) {
      release()
      throw asOurError(error)
    }
  }

  /** What a server offers, by a connection of its own; undefined where there is no place for it. */
  ask(account: BridgeAccount, limit: number): Promise<readonly string[]> | undefined {
    const release = this.#options.places.tryTake(placeOf(account), limit)
    return release && this.#ask(account).finally(release)
  }

  async #ask({ user, server: text }: BridgeAccount): Promise<readonly string[]> {
    const server = parseServer(text, 'SMTP')
    const { tls } = this.#options
    const connection = await Connection.open({ server, tls, limitMs: askLimitMs })
    const facts = accountFactsOf(user, server.host, '')
    const session = new SmtpSession({ connection, facts, mask: new Mask() })
    try {
      await session.begin()
      return session.capabilities
    } finally {
      session.close()
    }
  }

  async #open(
    { user: account, server: text }: BridgeAccount,
    { user, accessToken, fingerprint }: BridgeToken,
    limits: { limitMs: number; signal: AbortSignal },
  ): Promise<Upstream> {
    const server = parseServer(text, 'SMTP')
    const connection = await Connection.open({ server, tls: this.#options.tls, ...limits })
    const facts = accountFactsOf(account, server.host, accessToken)
    const session = new SmtpSession({ connection, facts, mask: new Mask() })
    try {
      await session.begin()
      this.#options.extensions.learn(text, session.capabilities)
      await session.logIn({ account, user, protocol: 'SMTP', accessToken })
      return { ...session.handOver(), server: writeServer(server), fingerprint }
    } catch (error) {
      session.close()
      throw error
    }
  }
}

/** What the connections of an account are counted by. */
export function placeOf({ user }: Pick<BridgeAccount, 'user'>): string {
  return `SMTP ${user}`
}

/** What the client's end has stopped is nobody's failure; all else is told as it is. */
function asOurError(error: unknown): CmsOauthError {
  if (isCmsOauthError(error)) return error
  if ((error as Error).name === 'AbortError')
    return new ProviderUnavailableError('the client is gone')
  throw error
}
