import { randomBytes } from 'node:crypto'
import type { BridgeAccount, BridgedOutbox } from '../configuration/configuration.ts'
import { type CmsOauthError, isCmsOauthError, ProviderUnavailableError } from '../errors.ts'
import type { BridgeLogFields, PasswordMessage } from '../messages/bridge-messages.ts'
import type { Protocol } from '../sasl/output-format.ts'
import type { Claim } from '../sasl/server/exchange.ts'
import { ServerExchange } from '../sasl/server/server-exchange.ts'
import type { Booking } from './booking.ts'
import type { BridgeRules } from './bridge-rules.ts'
import { callerOf } from './caller-of.ts'
import type { Departure } from './departure-of.ts'
import { enterOutbox } from './enter-outbox.ts'
import type { EventLog } from './event-log.ts'
import type { Admission, ClientTls, Entry, Gate, LoginOutcome } from './gate.ts'
import type { Newcomers } from './newcomers.ts'
import type { PasswordPace } from './password-pace.ts'
import { NoPlaceError } from './places.ts'
import { fieldsOf, originOf, type Remote } from './remote.ts'
import type { ServerExtensions } from './server-extensions.ts'
import type { Strangers } from './strangers.ts'
import type { Upstream } from './upstream.ts'
import type { UpstreamLogins } from './upstream-logins.ts'

/** What all connections of the process share. */
export interface BridgeParts {
  log: EventLog
  strangers: Strangers
  newcomers: Newcomers
  pace: PasswordPace
  extensions: Record<Protocol, ServerExtensions>
  logins: Pick<UpstreamLogins, 'logIn' | 'ask'>
  /** As they are now. */
  passwords: () => PasswordMessage
  /** How many connections an account may have to its server, over all bridges. */
  limitOf: (protocol: Protocol, account: BridgeAccount) => number
}

interface ConnectionGateOptions {
  rules: BridgeRules
  parts: BridgeParts
  remote: Remote
  tls: ClientTls
  /** The client's, for one login. */
  departure: () => Departure
  booking: Pick<Booking, 'beginLogin' | 'abandonLogin'>
}

/** What the dialogue with one client may ask. */
export class ConnectionGate implements Gate {
  readonly #options: ConnectionGateOptions
  #promised: readonly string[] = []
  #denied: string | undefined
  /** Whether the log has, or will get, a line of what became of the client. */
  #isTold = false

  constructor(options: ConnectionGateOptions) {
    this.#options = options
  }

  get offersPasswords(): boolean {
    return this.#options.rules.offersPasswords
  }

  get tls(): ClientTls {
    return this.#options.tls
  }

  get admission(): Admission | undefined {
    const { rules, remote } = this.#options
    return rules.admissionOf(remote)
  }

  createExchange(): ServerExchange {
    const { passwords } = this.#options.parts
    return new ServerExchange({ passwords, nonce: randomBytes(18).toString('base64') })
  }

  accountOf(claim: Claim): string | undefined {
    return this.#options.rules.accountOf(claim)
  }

  accountNamed(claim: Claim): string | undefined {
    return this.#options.rules.accountNamed(claim)
  }

  accountOfCaller(sender: string): ReturnType<Gate['accountOfCaller']> {
    const { rules, remote } = this.#options
    const found = rules.accountOfCaller(remote, sender)
    if ('refusal' in found) this.#warn({ code: 'not_permitted', reason: found.refusal })
    return found
  }

  async extensions(): Promise<readonly string[]> {
    const { rules, parts } = this.#options
    const { accounts, outbox } = rules.configuration
    if (outbox !== undefined) return outbox.extensions
    const protocol = this.#protocol
    const byServer = new Map(accounts.map((account) => [account.server, account]))
    this.#promised = await parts.extensions[protocol].of([...byServer.keys()], (server) => {
      const account = byServer.get(server)
      return account && parts.logins.ask(protocol, account, parts.limitOf(protocol, account))
    })
    return this.#promised
  }

  async login(entry: Entry, tag?: string): Promise<LoginOutcome> {
    const { booking } = this.#options
    this.#denied = undefined
    this.#isTold = true
    if (!booking.beginLogin()) return this.#fail(entry, tooManyOpen())
    const departure = this.#options.departure()
    const outcome = await this.#logIn(entry, departure.signal, tag).finally(departure.forget)
    if ('failure' in outcome) booking.abandonLogin()
    return outcome
  }

  deny(reason: string | undefined): void {
    this.#denied = reason
  }

  /** Logs what has kept the client from coming as far as a login, once it is gone. */
  tellDenied(): void {
    if (this.#denied !== undefined) {
      return this.#warn({ code: 'not_permitted', reason: this.#denied })
    }
    if (this.#isTold) return
    const { parts, remote } = this.#options
    // Monitoring looks in like this: it is worth no warning.
    const reason = 'the program left without trying to log in'
    parts.log.debug('bridge.left', { ...fieldsOf(this.#protocol, remote), reason })
  }

  async refusePassword(mechanism: string): Promise<boolean> {
    const { parts, remote } = this.#options
    this.#warn({ code: 'not_permitted', reason: 'wrong user name or password', mechanism })
    return parts.pace.refuse(originOf(remote))
  }

  async #logIn(entry: Entry, signal: AbortSignal, tag?: string): Promise<LoginOutcome> {
    const { rules, parts } = this.#options
    const { waitMs, outbox } = rules.configuration
    const protocol = this.#protocol
    const account = rules.findAccount(entry.account)
    if (account === undefined) throw new Error('an account that the bridge does not serve')
    try {
      if (outbox !== undefined) return { upstream: await this.#enter(entry, outbox, signal) }
      const limit = parts.limitOf(protocol, account)
      const want = { protocol, account, limit, waitMs, signal, tag }
      const upstream = await parts.logins.logIn(want)
      // After the login IMAP and POP tell their capabilities again.
      if (protocol !== 'SMTP') return { upstream }
      const broken = parts.extensions.SMTP.findBroken(account.server, this.#promised)
      if (broken === undefined) return { upstream }
      upstream.socket.destroy()
      return this.#fail(entry, changedExtensions(upstream.server, broken))
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      return this.#fail(entry, error)
    }
  }

  #enter({ by }: Entry, outbox: BridgedOutbox, signal: AbortSignal): Promise<Upstream> {
    return enterOutbox(outbox, callerOf(by, this.#options.remote), signal)
  }

  #fail({ account, by, mechanism }: Entry, failure: CmsOauthError): LoginOutcome {
    const { code, message, hint } = failure
    const how = mechanism === undefined ? {} : { mechanism }
    const fields = { user: account, caller: by, ...how, code, message, hint }
    // A caller that came so far was let in.
    this.#warn(fields, `${this.#protocol} ${account}`)
    return { failure }
  }

  get #protocol(): Protocol {
    return this.#options.rules.configuration.protocol
  }

  #warn(fields: BridgeLogFields, about?: string): void {
    const { parts, remote } = this.#options
    this.#denied = undefined
    this.#isTold = true
    const all = { ...fieldsOf(this.#protocol, remote), ...fields }
    parts.log.warn('bridge.refused', all, about)
  }
}

function tooManyOpen(): NoPlaceError {
  return new NoPlaceError('too many connections to the bridge are open', {
    hint: 'try again later',
  })
}

function changedExtensions(server: string, line: string): ProviderUnavailableError {
  return new ProviderUnavailableError(`"${server}" does not offer "${line}" any more`, {
    hint: 'try again: the next connection gets the new list',
  })
}
