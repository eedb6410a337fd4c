import type { ParentChannel } from '../child-process/parent-channel.ts'
import type { BridgeConfiguration } from '../configuration/configuration.ts'
import type { LocalTlsMode } from '../configuration/local-listener.ts'
import { connectionLimits } from '../configuration/connection-limits.ts'
import { peersObstacle } from '../configuration/peers-obstacle.ts'
import { createMailTls } from '../mail/connection/verified-tls.ts'
import { ConnectionBudget } from '../kernel/connection-budget.ts'
import type {
  FromBridge,
  PasswordMessage,
  ServedCertificate,
  ToBridge,
} from '../messages/bridge-messages.ts'
import { BridgeRules } from './bridge-rules.ts'
import { BridgeServer } from './bridge-server.ts'
import { ClientCounts } from './client-counts.ts'
import type { BridgeParts } from './connection-gate.ts'
import { closedBridge } from './closed-bridge.ts'
import type { LocalTls } from './conversation.ts'
import { DaemonTokens } from './daemon-tokens.ts'
import { EventLog } from './event-log.ts'
import { Newcomers } from './newcomers.ts'
import { PasswordPace } from './password-pace.ts'
import { parsePlaceKey, placeKey } from './place-key.ts'
import { Places } from './places.ts'
import { promises } from './promises.ts'
import { QuietMoments } from './quiet-moments.ts'
import { ServerContexts } from './server-contexts.ts'
import { ServerExtensions } from './server-extensions.ts'
import { Strangers } from './strangers.ts'
import { UpstreamLogins } from './upstream-logins.ts'

/** How those who connect now are served. */
interface Served {
  rules: BridgeRules
  /** Undefined: it cannot begin. */
  tls: LocalTls | undefined
}

/** Whom it speaks to: see ParentChannel. */
type Daemon = Pick<ParentChannel<FromBridge, ToBridge>, 'send' | 'sendSoon'>

/** What the bridge's process does when the daemon tells it something. */
export class BridgeProcess {
  readonly #daemon: Daemon
  readonly #tokens: DaemonTokens
  readonly #parts: BridgeParts
  readonly #budget = new ConnectionBudget()
  readonly #quietMoments = new QuietMoments()
  /** By the descriptor they listen on, which stays the same. */
  readonly #servers = new Map<number, { server: BridgeServer; served: Served }>()
  readonly #contexts: ServerContexts
  readonly #places: Places
  readonly #clients: ClientCounts
  #onIdle: (() => void) | undefined
  #isObstacleTold = false
  #limits = new Map<string, number>()
  #passwords: PasswordMessage = { salt: '', verifiers: [] }

  constructor(daemon: Daemon) {
    const { send } = daemon
    this.#daemon = daemon
    this.#tokens = new DaemonTokens(send)
    const places = new Places((taken) => this.#tellConnections(taken))
    this.#places = places
    this.#clients = new ClientCounts(send, () =>
      Array.from(this.#servers, ([descriptor, { server }]) => {
        return { descriptor, count: server.connections }
      }),
    )
    const extensions = {
      SMTP: new ServerExtensions(promises.SMTP),
      IMAP: new ServerExtensions(promises.IMAP),
      POP: new ServerExtensions(promises.POP),
    }
    const tls = createMailTls(undefined)
    const log = new EventLog(send)
    this.#contexts = new ServerContexts(log)
    this.#parts = {
      log,
      strangers: new Strangers(log),
      newcomers: new Newcomers(),
      pace: new PasswordPace(),
      extensions,
      logins: new UpstreamLogins({ places, tokens: this.#tokens, extensions, tls }),
      passwords: () => this.#passwords,
      limitOf: (protocol, account) =>
        this.#limits.get(placeKey(protocol, account)) ?? account.connections,
    }
  }

  /** Does what the daemon says. @throws CmsOauthError where a configuration cannot be kept */
  receive(message: ToBridge): void {
    switch (message.type) {
      case 'configure':
        return this.#configure(message)
      case 'token':
      case 'refusal':
        return this.#tokens.receive(message)
      case 'elsewhere':
        return this.#places.setElsewhere(
          new Map(message.connections.map((each) => [placeKey(each.protocol, each), each.count])),
        )
      case 'retire':
        return this.retire(() => this.#daemon.send({ type: 'idle' }))
    }
  }

  /** Stops accepting; calls back once nobody is connected. */
  retire(onIdle: () => void): void {
    this.#onIdle = onIdle
    for (const { server } of this.#servers.values()) server.retire()
    this.#lookIdle()
  }

  #configure({ bridges, passwords }: Extract<ToBridge, { type: 'configure' }>): void {
    this.#passwords = passwords
    const configurations = bridges.map(({ configuration }) => configuration)
    this.#limits = new Map(
      connectionLimits(configurations).map((each) => [placeKey(each.protocol, each), each.limit]),
    )
    this.#tellPeersObstacle(configurations)
    this.#contexts.keep(bridges.flatMap(({ certificate }) => certificate ?? []))
    for (const { configuration, certificate, descriptors } of bridges) {
      const tls = this.#localTls(configuration.tls, certificate)
      const served = { rules: new BridgeRules(configuration), tls }
      for (const fd of descriptors) this.#serve(fd, served)
    }
    this.#closeOthers(bridges)
    for (const { server } of this.#servers.values()) server.dropRefused()
  }

  /** Clients of an address that is gone stay connected, but not with an account that is gone too. */
  #closeOthers(bridges: Extract<ToBridge, { type: 'configure' }>['bridges']): void {
    const named = new Set(bridges.flatMap(({ descriptors }) => descriptors))
    const served = bridges.map(({ configuration }) => configuration)
    for (const [fd, { served: last, server }] of this.#servers) {
      if (named.has(fd)) continue
      const rules = new BridgeRules(closedBridge(last.rules.configuration, served))
      this.#servers.set(fd, { server, served: { ...last, rules } })
    }
  }

  #localTls(mode: LocalTlsMode, certificate: ServedCertificate | undefined): LocalTls | undefined {
    if (certificate === undefined) return { begins: 'off' }
    const context = this.#contexts.of(certificate)
    if (context === undefined) return undefined
    const begins = {
      off: 'off',
      starttls: 'offered',
      required: 'required',
      implicit: 'on',
    } as const
    return { begins: begins[mode], context }
  }

  #serve(fd: number, served: Served): void {
    const entry = this.#servers.get(fd)
    if (entry !== undefined) {
      entry.served = served
      return
    }
    const now = () => this.#servers.get(fd)?.served ?? served
    const server = new BridgeServer({
      fd,
      rules: () => now().rules,
      tls: () => now().tls,
      parts: this.#parts,
      budget: this.#budget,
      onChange: () => {
        this.#clients.noteChange()
        this.#quietMoments.noteChange()
        this.#lookIdle()
      },
    })
    this.#servers.set(fd, { server, served })
  }

  /** Told once: it stays true for as long as the process runs. */
  #tellPeersObstacle(bridges: readonly BridgeConfiguration[]): void {
    if (this.#isObstacleTold) return
    const obstacle = bridges.map((bridge) => peersObstacle(bridge)).find(Boolean)
    if (obstacle === undefined) return
    this.#isObstacleTold = true
    const { code, message, hint } = obstacle
    this.#parts.log.warn('bridge.peers_unknown', { code, message, hint })
  }

  #lookIdle(): void {
    const servers = [...this.#servers.values()]
    if (servers.every(({ server }) => server.connections === 0)) this.#onIdle?.()
  }

  #tellConnections(taken: ReadonlyMap<string, number>): void {
    const connections = Array.from(taken, ([key, count]) => ({ ...parsePlaceKey(key), count }))
    this.#daemon.sendSoon({ type: 'connections', connections })
  }
}
