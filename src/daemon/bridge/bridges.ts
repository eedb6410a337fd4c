import { isDeepStrictEqual } from 'node:util'
import type { Accounts } from '../../accounts/accounts.ts'
import { bridgeAccess } from '../../configuration/bridge-access.ts'
import type { BridgeConfiguration } from '../../configuration/configuration.ts'
import { isCmsOauthError } from '../../errors.ts'
import type { Log } from '../../logging/log.ts'
import type { BridgeCertificateAnswer, BridgesAnswer } from '../../messages/bridge-api.ts'
import type { PasswordMessage } from '../../messages/bridge-messages.ts'
import type { PasswordVerifier } from '../../sasl/server/passwords.ts'
import type { Counters } from '../metrics/counters.ts'
import type { TokenSource } from '../socket/token-source.ts'
import type { Prepared } from '../prepared.ts'
import {
  type ChildListeners,
  closeChildListeners,
  lostNames,
  openChildListeners,
} from '../socket/child-listeners.ts'
import type { InheritedSocket } from '../systemd.ts'
import type { TokenReplacement } from '../tokens/refused-tokens.ts'
import {
  type BridgeCertificates,
  type CertificateSet,
  noCertificates,
  sharedCertificateAnswer,
} from './bridge-certificates.ts'
import { BridgeChild } from './bridge-child.ts'
import { BridgeRequests } from './bridge-requests.ts'
import type { ConfigurationInForce } from '../broker/in-force.ts'
import { bridgesOverview } from './bridges-overview.ts'
import { ConnectedClients } from './connected-clients.ts'
import { configureMessage } from './configure-message.ts'
import { UpstreamConnections } from './upstream-connections.ts'
import { BridgeTroubles } from './bridge-troubles.ts'
import { outboxBridges } from './outbox-bridges.ts'
import { withInheritedSockets } from './with-inherited-sockets.ts'

interface BridgesOptions {
  modulePath: string
  env: NodeJS.ProcessEnv
  tokens: TokenSource
  refusedTokens: TokenReplacement
  /** The accounts in force at the moment of a login. */
  accounts: () => Accounts
  /** @throws CmsOauthError */
  passwords: () => PasswordMessage
  /** What systemd made, of which some are for bridges. */
  inherited: readonly InheritedSocket[]
  certificates: Pick<BridgeCertificates, 'read'>
  counters: Pick<Counters, 'countBridgeEvent'>
  log: Log
}

interface Ready {
  bridges: readonly BridgeConfiguration[]
  listeners: ChildListeners
  certificates: CertificateSet
}

/** How often certificates are read again: others renew them, and nobody reloads for that. */
const rereadMs = 12 * 60 * 60_000

/**
 * The bridges of the configuration in force: their sockets, which stay open while processes come and go,
 * and the process that accepts from them.
 */
export class Bridges {
  readonly #options: BridgesOptions
  readonly #troubles = new BridgeTroubles()
  readonly #requests: BridgeRequests
  readonly #upstream = new UpstreamConnections()
  readonly #clients = new ConnectedClients()
  #configurations: readonly BridgeConfiguration[] = []
  #listeners: ChildListeners = new Map()
  #passwords: PasswordMessage = { salt: '', verifiers: [] }
  #certificates = noCertificates
  #child: BridgeChild | undefined
  #reread: NodeJS.Timeout | undefined
  readonly #retired = new Set<BridgeChild>()

  constructor(options: BridgesOptions) {
    this.#options = options
    const bridges = () => this.#configurations
    this.#requests = new BridgeRequests({ ...options, bridges })
  }

  /** Opens what is new or lost, without those `left`; nothing changes before `commit`. @throws CmsOauthError */
  async prepare(
    { bridges: own, outboxes }: ConfigurationInForce,
    left: ReadonlySet<string> = new Set(),
  ): Promise<Prepared> {
    const { inherited, passwords } = this.#options
    const bridges = [...withInheritedSockets(own, inherited), ...outboxBridges(outboxes, inherited)]
    for (const bridge of bridges) void bridgeAccess(bridge)
    if (bridges.length > 0) this.#passwords = passwords()
    const present = { open: this.#listeners, inherited, left }
    const listeners = await openChildListeners(bridges, present)
    const rollback = () => closeChildListeners(listeners, this.#listeners)
    try {
      const certificates = await this.#options.certificates.read(bridges)
      return { commit: () => this.#commit({ bridges, listeners, certificates }), rollback }
    } catch (error) {
      await rollback()
      throw error
    }
  }

  /** The paths that lead to no bridge any more. */
  lost(): string[] {
    return lostNames(this.#listeners)
  }

  /** Tells the bridge which passwords there are now. @throws CmsOauthError */
  tellPasswords(): void {
    this.#passwords = this.#options.passwords()
    this.#configureAll()
  }

  /** Tells the bridge that one of the passwords is gone; reads nothing, so that it cannot fail. */
  dropPassword(gone: PasswordVerifier): void {
    const { salt, verifiers } = this.#passwords
    this.#passwords = { salt, verifiers: verifiers.filter((each) => each !== gone) }
    this.#configureAll()
  }

  /** The certificate that clients are to trust. @throws RequestInvalidError where there is none */
  get certificate(): BridgeCertificateAnswer {
    return sharedCertificateAnswer(this.#certificates)
  }

  /** Where they listen, who is connected, and what went wrong in the last hour. */
  overview(): BridgesAnswer {
    return bridgesOverview(this.#configurations, {
      clients: this.#clients,
      upstream: this.#upstream,
      troubles: this.#troubles,
    })
  }

  /** The accounts for which one of them, or an outbox, asks for a password. */
  accountsWithPasswords(): string[] {
    const asking = this.#configurations.filter(({ callers }) => callers.includes('password'))
    return [...new Set(asking.flatMap(({ accounts }) => accounts.map(({ user }) => user)))]
  }

  /** How many connections are open for an account. */
  connections(): ReadonlyMap<string, number> {
    return this.#upstream.byUser()
  }

  /** How many programs are connected, by protocol. */
  clients(): ReadonlyMap<string, number> {
    return this.#clients.byProtocol(this.#configurations)
  }

  /** Ends all of them; what is on its way gets a moment. */
  async close(): Promise<void> {
    clearInterval(this.#reread)
    await Promise.all(this.#children.map((child) => child.close()))
    await closeChildListeners(this.#listeners)
  }

  async #commit({ bridges, listeners, certificates }: Ready): Promise<void> {
    const before = this.#listeners
    this.#certificates = certificates
    this.#reread ??= setInterval(() => void this.#readCertificates(), rereadMs).unref()
    const isSame = isDeepStrictEqual([...before.values()], [...listeners.values()])
    this.#troubles.forget()
    this.#configurations = bridges
    this.#listeners = listeners
    if (isSame) return this.#configureAll()
    const old = this.#child
    this.#child = listeners.size === 0 ? undefined : this.#start()
    if (old !== undefined) {
      this.#retired.add(old)
      old.retire()
    }
    for (const child of this.#retired) child.configure()
    await closeChildListeners(before, listeners)
  }

  get #children(): BridgeChild[] {
    return [...this.#retired, ...(this.#child === undefined ? [] : [this.#child])]
  }

  /** Whoever still goes on in a retired one must be let in by what holds now, too. */
  #configureAll(): void {
    for (const child of this.#children) child.configure()
  }

  /** The limits are for all processes together. */
  #tellElsewhere(): void {
    for (const child of this.#children) child.tellElsewhere()
  }

  async #readCertificates(): Promise<void> {
    const bridges = this.#configurations
    try {
      const certificates = await this.#options.certificates.read(bridges)
      if (bridges !== this.#configurations) return
      this.#certificates = certificates
      this.#configureAll()
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      const { code, message, hint } = error
      this.#options.log.error('bridge.certificate_unusable', { code, message, hint })
    }
  }

  #start(): BridgeChild {
    const { modulePath, env, counters, log } = this.#options
    const names = [...this.#listeners.keys()]
    const process = {}
    const child: BridgeChild = new BridgeChild({
      modulePath,
      env,
      log,
      descriptors: [...this.#listeners.values()].map(({ held }) => held.fd),
      configuration: () =>
        configureMessage(names, {
          bridges: this.#configurations,
          certificates: this.#certificates,
          passwords: this.#passwords,
        }),
      onRequest: (request) => this.#requests.answer(request),
      onEvent: (event, fields) => {
        counters.countBridgeEvent(event, fields)
        this.#troubles.note(event, fields)
      },
      onConnections: (connections) => {
        this.#upstream.set(process, connections)
        if (this.#retired.size > 0) this.#tellElsewhere()
      },
      onClients: (clients) => this.#clients.set(process, names, clients),
      elsewhere: () => this.#upstream.besides(process),
      onRetired: () => {
        this.#upstream.delete(process)
        this.#clients.delete(process)
        this.#retired.delete(child)
        this.#tellElsewhere()
      },
    })
    return child
  }
}
