import type { Accounts } from '../accounts/accounts.ts'
import { AccessRule } from '../configuration/access-rule.ts'
import type { Configuration, SocketConfiguration } from '../configuration/configuration.ts'
import { DaemonUnreachableError } from '../errors.ts'
import type { Log } from '../logging/log.ts'
import { ConnectionBudget } from './socket/connection-budget.ts'
import type { TokenSource } from './socket/token-requests.ts'
import { TokenServer } from './socket/token-server.ts'
import { type InheritedSocket, matchInheritedSocket } from './systemd.ts'

interface TokenSocketsOptions {
  tokens: TokenSource
  /** The accounts in force at the moment of a request. */
  accounts: () => Accounts
  inherited: readonly InheritedSocket[]
  log: Log
}

/** The token sockets of the configuration in force; a reload leaves alone what it can. */
export class TokenSockets {
  readonly #options: TokenSocketsOptions
  readonly #budget = new ConnectionBudget()
  readonly #servers = new Map<string, { server: TokenServer; fixedAttributes: string }>()

  #applying = Promise.resolve()
  #isClosing = false

  /** Those that systemd made and no server has taken yet. */
  readonly #inherited: InheritedSocket[]

  constructor(options: TokenSocketsOptions) {
    this.#options = options
    this.#inherited = [...options.inherited]
  }

  /**
   * Makes the open sockets those of the configuration. New ones are opened before old ones close;
   * if one cannot be opened, all stays as it was.
   * @throws CmsOauthError, DaemonUnreachableError once they are being closed
   */
  async apply(configuration: Configuration): Promise<void> {
    if (this.#isClosing) throw new DaemonUnreachableError('the daemon is stopping')
    this.#applying = this.#apply(configuration)
    await this.#applying
  }

  async #apply(configuration: Configuration): Promise<void> {
    // Whatever may fail comes before whatever changes.
    for (const { allow } of configuration.sockets) void new AccessRule(allow)
    const opened = await this.#openMissing(configuration.sockets)
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
    this.#reportUnused(configuration.control.path)
  }

  /** Takes no more requests, for good; those that wait are answered first. */
  async close(): Promise<void> {
    this.#isClosing = true
    // The caller that applied it reports what is refused meanwhile.
    await this.#applying.catch(() => {})
    await Promise.all([...this.#servers.values()].map(({ server }) => server.close()))
    this.#servers.clear()
  }

  /** A socket that systemd made and nobody serves lets its clients wait forever. */
  #reportUnused(controlPath: string): void {
    for (const { path, name } of this.#inherited) {
      if (path === controlPath) continue
      const reason = `no [[socket]] has this path, nor the name "${name}"`
      this.#options.log.warn('socket.unused', { path, reason })
    }
  }

  async #openMissing(sockets: readonly SocketConfiguration[]) {
    const opened = new Map<string, { server: TokenServer; fixedAttributes: string }>()
    try {
      for (const socket of sockets) {
        const fixedAttributes = this.#servers.get(socket.path)?.fixedAttributes
        if (
          fixedAttributes === inheritedAttributes ||
          fixedAttributes === fixedAttributesOf(socket)
        )
          continue
        opened.set(socket.path, await this.#open(socket))
      }
    } catch (error) {
      await Promise.all([...opened.values()].map(({ server }) => server.close()))
      throw error
    }
    return opened
  }

  async #open(configuration: SocketConfiguration) {
    const { tokens, accounts, log } = this.#options
    const inherited = matchInheritedSocket(this.#inherited, configuration)
    const server = new TokenServer({
      configuration,
      accounts: { find: (user) => accounts().find(user) },
      tokens,
      budget: this.#budget,
      log,
      replaces: this.#servers.get(configuration.path)?.server,
      ...(inherited === undefined ? {} : { inheritedFd: inherited.fd }),
    })
    await server.listen()
    if (inherited === undefined)
      return { server, fixedAttributes: fixedAttributesOf(configuration) }
    // A descriptor serves once: closed by a reload, its number may be another file's.
    this.#inherited.splice(this.#inherited.indexOf(inherited), 1)
    return { server, fixedAttributes: inheritedAttributes }
  }
}

/** Owner and mode of a socket that systemd made are systemd's business. */
const inheritedAttributes = 'inherited'

/** What a socket has from its birth and no update can change. */
function fixedAttributesOf({ mode, owner, group }: SocketConfiguration): string {
  return JSON.stringify([mode, owner, group])
}
