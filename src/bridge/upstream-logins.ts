import type { SecureContext } from 'node:tls'
import type { BridgeAccount } from '../configuration/configuration.ts'
import {
  type CmsOauthError,
  isCmsOauthError,
  type MailLoginRefusedError,
  ProviderUnavailableError,
} from '../errors.ts'
import { ImapSession } from '../mail/imap-session.ts'
import { parseServer, writeServer } from '../mail/mail-server.ts'
import type { BridgeToken } from '../messages/bridge-messages.ts'
import type { Protocol } from '../sasl/output-format.ts'
import { runningMs } from '../schedule/clock.ts'
import type { DaemonTokens } from './daemon-tokens.ts'
import { logInToImap } from './imap/log-in-to-imap.ts'
import { openSession } from './open-session.ts'
import { placeKey } from './place-key.ts'
import type { Places } from './places.ts'
import type { ServerExtensions } from './server-extensions.ts'
import type { Upstream } from './upstream.ts'

/** Of a login in all: programs give up after 20 s. */
const standardLoginLimitMs = 15_000
const askLimitMs = 5_000
/** A timer may fire so much too early. */
const timerSlackMs = 20

interface UpstreamLoginsOptions {
  places: Places
  tokens: Pick<DaemonTokens, 'request'>
  extensions: Record<Protocol, ServerExtensions>
  tls: SecureContext
  /** Default: 15 s. */
  loginLimitMs?: number
}

/** A login that somebody waits for. */
export interface LoginRequest {
  protocol: Protocol
  account: BridgeAccount
  /** How many connections there may be to its server: see Places. */
  limit: number
  waitMs: number
  /** Aborts when the client is gone. */
  signal: AbortSignal
  /** IMAP: of the client's command. */
  tag?: string | undefined
}

/** Logs in at mail servers, with the daemon's tokens, each for one client. */
export class UpstreamLogins {
  readonly #options: UpstreamLoginsOptions

  constructor(options: UpstreamLoginsOptions) {
    this.#options = options
  }

  /** A connection that is logged in; its place is free again when it is closed. @throws CmsOauthError */
  async logIn(request: LoginRequest): Promise<Upstream> {
    const { protocol, account, limit, waitMs, signal } = request
    const { places, loginLimitMs = standardLoginLimitMs } = this.#options
    const deadline = runningMs() + loginLimitMs
    const release = await places.take(placeKey(protocol, account), { limit, waitMs, signal })
    try {
      const upstream = await this.#openAccepted(request, deadline)
      upstream.socket.on('close', release)
      // Nobody else may listen yet.
      upstream.socket.on('error', () => {})
      return upstream
    } catch (error) {
      release()
      throw asOurError(error)
    }
  }

  /** What a server offers, by a connection of its own; undefined where there is no place for it. */
  ask(
    protocol: Protocol,
    account: BridgeAccount,
    limit: number,
  ): Promise<readonly string[]> | undefined {
    const release = this.#options.places.tryTake(placeKey(protocol, account), limit)
    return release && this.#ask(protocol, account).finally(release)
  }

  async #ask(protocol: Protocol, account: BridgeAccount): Promise<readonly string[]> {
    const { tls } = this.#options
    const session = await openSession({ protocol, account, tls, limitMs: askLimitMs })
    try {
      await session.begin()
      return session.capabilities
    } finally {
      session.close()
    }
  }

  /**
   * Logs in again with another token where the server does not accept the first one, which may have been
   * revoked.
   */
  async #openAccepted(request: LoginRequest, deadline: number): Promise<Upstream> {
    const { tokens } = this.#options
    const { protocol, account } = request
    const wanted = { user: account.user, protocol }
    const token = await tokens.request(wanted, deadline - runningMs())
    try {
      return await this.#open(request, token, deadline)
    } catch (error) {
      if (!isOfToken(error)) throw error
      return await this.#openWithAnother(request, token, error, deadline)
    }
  }

  async #openWithAnother(
    request: LoginRequest,
    { fingerprint }: BridgeToken,
    refusal: MailLoginRefusedError,
    deadline: number,
  ): Promise<Upstream> {
    const { protocol, account } = request
    const server = writeServer(parseServer(account.server, protocol))
    const refused = { fingerprint, server, message: refusal.message }
    const wanted = { user: account.user, protocol, refused }
    try {
      const other = await this.#options.tokens.request(wanted, deadline - runningMs())
      if (other.fingerprint === fingerprint) throw refusal
      return await this.#open(request, other, deadline)
    } catch (error) {
      if (error === refusal || runningMs() < deadline - timerSlackMs) throw error
      throw notInTime(refusal)
    }
  }

  async #open(
    { protocol, account, signal, tag }: LoginRequest,
    { user, accessToken, fingerprint }: BridgeToken,
    deadline: number,
  ): Promise<Upstream> {
    const { tls, extensions } = this.#options
    const limitMs = Math.max(1, deadline - runningMs())
    const session = await openSession({ protocol, account, accessToken, tls, limitMs, signal })
    const credential = { account: account.user, user, protocol, accessToken }
    try {
      await session.begin()
      extensions[protocol].learn(account.server, session.capabilities)
      const welcome =
        session instanceof ImapSession
          ? await logInToImap(session, credential, tag)
          : await session.logIn(credential).then(() => ({}))
      const server = writeServer(parseServer(account.server, protocol))
      return { ...session.handOver(), server, fingerprint, ...welcome }
    } catch (error) {
      session.close()
      throw error
    }
  }
}

/** For a program that cannot wait for another token: its next login may find it. */
function notInTime({ message }: MailLoginRefusedError): ProviderUnavailableError {
  return new ProviderUnavailableError(`${message}; another token is fetched`, {
    hint: 'try again in a few seconds',
  })
}

function isOfToken(error: unknown): error is MailLoginRefusedError {
  return isCmsOauthError(error) && error.code === 'mail_login_refused' && error.isOfToken
}

/** A login that was stopped because the client is gone is nobody's failure. */
function asOurError(error: unknown): CmsOauthError {
  if (isCmsOauthError(error)) return error
  if ((error as Error).name === 'AbortError')
    return new ProviderUnavailableError('the client is gone')
  throw error
}
