import type { Accounts } from '../accounts/accounts.ts'
import { AccessRule } from '../configuration/access-rule.ts'
import type { SocketConfiguration } from '../configuration/configuration.ts'
import { writeListenAddress } from '../configuration/listen-address.ts'
import { ConnectionBudget } from '../kernel/connection-budget.ts'
import type { Audit } from './audit.ts'
import type { ConfigurationInForce } from './broker/in-force.ts'
import { takesSocket } from './bridge/with-inherited-sockets.ts'
import { takesOutboxSocket } from './outbox/outbox-path.ts'
import { staysOpen } from './socket/listener.ts'
import { SilentConnections } from './socket/silent-connections.ts'
import type { TokenSource } from './socket/token-source.ts'
import { TokenServer } from './socket/token-server.ts'
import { type InheritedSocket, matchInheritedSocket } from './systemd.ts'

interface TokenSocketsOptions {
  tokens: TokenSource
  /** The accounts in force at the moment of a request. */
  accounts: () => Accounts
  inherited: readonly InheritedSocket[]
  audit: Audit
}

interface Entry {
  server: TokenServer
  fixedAttributes: string
}

interface PreparedEntry extends Entry {
  /** The socket of systemd that it takes. */
  inherited?: InheritedSocket
}

/** The token sockets of the configuration in force; a reload leaves alone what it can. */
export class TokenSockets {
  readonly #options: TokenSocketsOptions
  readonly #silent = new SilentConnections(new ConnectionBudget())
  readonly #servers = new Map<string, Entry>()

  /** Those that systemd made and no server has taken yet. */
  readonly #inherited: InheritedSocket[]

  constructor(options: TokenSocketsOptions) {
    this.#options = options
    this.#inherited = [...options.inherited]
  }

  /** The paths that lead to none of them any more. */
  lost(): string[] {
    return [...this.#servers].flatMap(([path, { server }]) => (server.hasName() ? [] : [path]))
  }

  /**
   * Opens and closes sockets until they are those of the configuration. New ones, and those whose name is
   * lost or whose rights were changed, are opened before old ones close. If one cannot be opened, all stays
   * as it was, including those that were to be replaced. ServiceSockets sees to it that calls do not
   * overlap, and that `close` is the last.
   * @param left lost ones that are not opened again
   * @throws CmsOauthError
   */
  async apply(
    configuration: ConfigurationInForce,
    left: ReadonlySet<string> = new Set(),
  ): Promise<void> {
    // Whatever may fail comes before whatever changes.
    for (const { allow } of configuration.sockets) void new AccessRule(allow)
    const opened = await this.#openMissing(configuration.sockets, left)
    const wanted = new Set(configuration.sockets.map(({ path }) => path))
    for (const [path, { server }] of this.#servers) {
      if (wanted.has(path) && !opened.has(path)) continue
      this.#servers.delete(path)
      await server.close()
    }
    for (const [path, entry] of opened) this.#servers.set(path, entry)
    for (const socket of configuration.sockets) {
      this.#servers.get(socket.path)?.server.update(socket)
    }
    this.#reportUnused(configuration)
  }

  /** Accepts no more requests, for good; those that wait are answered first. */
  async close(): Promise<void> {
    await Promise.all([...this.#servers.values()].map(({ server }) => server.close()))
    this.#servers.clear()
  }

  /** A socket that systemd made and nobody serves lets its clients wait forever. */
  #reportUnused({ control, bridges, outboxes }: ConfigurationInForce): void {
    for (const socket of this.#inherited) {
      const { name, address } = socket
      const where = writeListenAddress(address)
      if (where === control.path || bridges.some((bridge) => takesSocket(bridge, socket))) continue
      if (outboxes.some((outbox) => takesOutboxSocket(outbox, socket))) continue
      const [entry, path] =
        'path' in address
          ? ['[[socket]], [[bridge]] or [[outbox]]', { path: where }]
          : ['[[bridge]]', { address: where }]
      const reason = `no ${entry} has this address, nor the name "${name}"`
      const hint = `give one name = "${name}", or stop the .socket unit: who connects there waits forever`
      this.#options.audit.log.warn('socket.unused', { ...path, reason, hint })
    }
  }

  async #openMissing(
    sockets: readonly SocketConfiguration[],
    left: ReadonlySet<string>,
  ): Promise<Map<string, Entry>> {
    const prepared = new Map<string, PreparedEntry>()
    try {
      for (const socket of sockets) {
        if (this.#isOpen(socket, left)) continue
        const entry = this.#create(socket, [...prepared.values()])
        prepared.set(socket.path, entry)
        await entry.server.prepare()
      }
      for (const entry of this.#inOrderOfLoss(prepared)) await this.#open(entry)
    } catch (error) {
      await Promise.all([...prepared.values()].map(({ server }) => server.close()))
      throw error
    }
    return prepared
  }

  #isOpen(socket: SocketConfiguration, left: ReadonlySet<string>): boolean {
    const entry = this.#servers.get(socket.path)
    if (entry === undefined || !staysOpen(entry.server, left.has(socket.path))) return false
    const { fixedAttributes } = entry
    return fixedAttributes === inheritedAttributes || fixedAttributes === fixedAttributesOf(socket)
  }

  #create(configuration: SocketConfiguration, others: readonly PreparedEntry[]): PreparedEntry {
    const { tokens, accounts, audit } = this.#options
    const free = this.#inherited.filter((one) => others.every(({ inherited }) => inherited !== one))
    const inherited = matchInheritedSocket(free, configuration)
    const server = new TokenServer({
      configuration,
      accounts: { find: (user) => accounts().find(user), all: () => accounts().all() },
      tokens,
      silent: this.#silent,
      audit,
      replaces: this.#servers.get(configuration.path)?.server,
      ...(inherited === undefined ? {} : { inheritedFd: inherited.fd }),
    })
    return inherited === undefined
      ? { server, fixedAttributes: fixedAttributesOf(configuration) }
      : { server, fixedAttributes: inheritedAttributes, inherited }
  }

  /**
   * What can still fail now is a race for a new name. To undo that loses nothing, while the name of an
   * older socket is gone once another has taken it, and systemd's descriptor once it was closed.
   */
  #inOrderOfLoss(prepared: ReadonlyMap<string, PreparedEntry>): PreparedEntry[] {
    const loss = ([path, { inherited }]: [string, PreparedEntry]) =>
      inherited !== undefined ? 2 : this.#servers.has(path) ? 1 : 0
    return [...prepared].toSorted((a, b) => loss(a) - loss(b)).map(([, entry]) => entry)
  }

  async #open({ server, inherited }: PreparedEntry): Promise<void> {
    await server.listen()
    // A descriptor serves once: closed by a reload, its number may be another file's.
    if (inherited !== undefined) this.#inherited.splice(this.#inherited.indexOf(inherited), 1)
  }
}

/** Owner and mode of a socket that systemd made are systemd's business. */
const inheritedAttributes = 'inherited'

/** What a socket has from its birth and no update can change. */
function fixedAttributesOf({ mode, owner, group }: SocketConfiguration): string {
  return JSON.stringify([mode, owner, group])
}
