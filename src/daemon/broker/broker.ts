import type { Accounts } from '../../accounts/accounts.ts'
import type { SignInMethod } from '../../accounts/sign-in-method.ts'
import type { Finding } from '../../configuration/finding.ts'
import { isCmsOauthError } from '../../errors.ts'
import type {
  AccountsAnswer,
  AccountStatus,
  BrokerEvent,
  ForgetAnswer,
  ReloadAnswer,
  SignInProgress,
} from '../../messages/control-api.ts'
import type { Diagnostics } from '../../messages/diagnostics.ts'
import type { SharedStoreStatus } from '../../messages/shared-store.ts'
import type { StoredRecords } from '../../messages/renewer-jobs.ts'
import { version } from '../../package/version.ts'
import type { Management } from '../control/management.ts'
import { requireRenewRole } from '../fleet/require-renew-role.ts'
import type { Lazily } from '../control/send-accounts.ts'
import type { TokenReplacement } from '../tokens/refused-tokens.ts'
import type { TokenKeeper } from '../tokens/token-keeper.ts'
import { accountStatus } from './account-status.ts'
import { type BrokerParts, createParts, type PartsOptions } from './broker-parts.ts'
import { diagnose } from './diagnose.ts'
import type { ConfigurationInForce } from './in-force.ts'
import type { Notice } from '../notices/notifier.ts'
import { reload, type ReloadSources } from './reload.ts'
import type { RenewerNews } from '../grants/renewer-news.ts'

interface BrokerOptions extends PartsOptions, ReloadSources {
  /** What is wrong with the files, sockets and programs that it names. @throws CmsOauthError */
  inspect: () => Promise<Finding[]>
  /** Opens those again whose names are lost. @throws CmsOauthError, once all have been tried */
  restoreSockets: (configuration: ConfigurationInForce) => Promise<void>
}

/** What the daemon does with a store that hosts share. */
interface BrokerFleet {
  follow: () => void
  status: () => SharedStoreStatus
}

/** The daemon's inside: accounts, their tokens and their sign-ins, under one configuration at a time. */
export class Broker implements Management {
  /** Without the first configuration, which others follow. */
  readonly #options: Omit<BrokerOptions, 'configuration'>
  readonly #parts: BrokerParts
  #fleet: BrokerFleet | undefined
  #reloading: Promise<unknown> = Promise.resolve()

  /** @throws ConfigInvalidError where a token file can never have its owner */
  constructor(options: BrokerOptions) {
    const { configuration: _, ...rest } = options
    this.#options = rest
    this.#parts = createParts(options)
  }

  /** Takes what the renewer reports unasked. */
  get renewerNews(): RenewerNews {
    return this.#parts.renewerNews
  }

  /** The accounts in force. */
  get accountsInForce(): Accounts {
    return this.#parts.inForce.accounts
  }

  /** The configuration in force. */
  get configuration(): ConfigurationInForce {
    return this.#parts.inForce.configuration
  }

  /** Where the token sockets get their tokens. */
  get tokens(): Pick<TokenKeeper, 'serve' | 'all'> {
    return this.#parts.keeper
  }

  /** What replaces tokens that servers do not accept. */
  get refusedTokens(): TokenReplacement {
    return this.#parts.refused
  }

  /** Takes up the grants that the store holds, and the token files. */
  resume(stored: StoredRecords): void {
    this.#parts.stored.take(stored)
    this.#parts.grants.takeUp(this.#parts.inForce.accounts.all(), stored.records)
    this.#resumeFiles()
  }

  /** The same of a store that hosts share, which tells what it holds by and by. */
  join<F extends BrokerFleet>(create: (parts: BrokerParts) => F): F {
    const fleet = create(this.#parts)
    this.#fleet = fleet
    this.#resumeFiles()
    return fleet
  }

  #resumeFiles(): void {
    const { configuration } = this.#parts.inForce
    this.#parts.files.apply(configuration.tokenFiles, (user) => this.#parts.keeper.find(user))
  }

  /** Ends open sign-ins and the schedule; refreshes under way are the renewer's. */
  stop(): void {
    this.#parts.invitations.close()
    this.#parts.signIns.cancelAll()
    this.#parts.keeper.stop()
    this.#parts.seen?.stop()
    this.#parts.files.stop()
  }

  accounts(): Lazily<AccountsAnswer> {
    const unused = this.#parts.stored.unused()
    const { file } = this.#parts.inForce.configuration
    const head = { version, pid: process.pid, config_file: file, unused_sign_ins: unused }
    const store = this.sharedStore()
    return {
      ...head,
      ...(store === undefined ? {} : { shared_store: store }),
      accounts: this.#statuses(),
    }
  }

  *#statuses(): Iterable<AccountStatus> {
    for (const token of this.#parts.keeper.all()) {
      const files = this.#parts.files.of(token.account.user)
      yield accountStatus(token, files, { isShared: this.#fleet !== undefined })
    }
  }

  signIn(user: string, signal: AbortSignal, method?: SignInMethod): AsyncIterable<SignInProgress> {
    requireRenewRole(this.configuration.store, `login ${user}`)
    return this.#parts.requests.signIn(user, signal, method)
  }

  redirectSignIn(user: string, url: string): void {
    this.#parts.grants.redirect(user, url)
  }

  async importGrant(user: string, refreshToken: string): Promise<void> {
    requireRenewRole(this.configuration.store, `import ${user}`)
    return this.#parts.grants.import(user, refreshToken)
  }

  async forgetGrant(user: string, revoke: boolean): Promise<ForgetAnswer> {
    requireRenewRole(this.configuration.store, `logout ${user}`)
    const answer = await this.#parts.grants.forget(user, revoke)
    return this.#fleet === undefined ? answer : { ...answer, is_shared: true }
  }

  async refresh(user: string): Promise<void> {
    const token = this.#parts.keeper.get(user)
    requireRenewRole(this.configuration.store, `refresh ${user}`)
    await token.refreshNow()
  }

  reload(): Promise<ReloadAnswer> {
    const follow = () => this.#fleet?.follow()
    const reloaded = this.#reloading.then(() =>
      reload({ ...this.#options, ...this.#parts, follow }),
    )
    this.#reloading = reloaded.catch((error: unknown) => {
      if (!isCmsOauthError(error)) throw error
      const { code, message, hint } = error
      this.#options.log.error('configuration.refused', { code, message, hint })
    })
    return reloaded
  }

  /** Opens the sockets again whose paths do not lead to them any more. @throws CmsOauthError */
  restoreSockets(): Promise<void> {
    const restored = this.#reloading.then(() => this.#options.restoreSockets(this.configuration))
    this.#reloading = restored.catch(() => {})
    return restored
  }

  async diagnostics(user?: string): Promise<Diagnostics> {
    const { configuration, loadedAt, accounts: all } = this.#parts.inForce
    const accounts = user === undefined ? [...all.all()] : [this.#parts.keeper.get(user).account]
    const { renewer, inspect } = this.#options
    const shared = this.sharedStore()
    const store = shared === undefined ? {} : { shared }
    return diagnose({ configuration, loadedAt, accounts, renewer, inspect, ...store })
  }

  /** The store that hosts share; undefined: there is none. */
  sharedStore(): SharedStoreStatus | undefined {
    return this.#fleet?.status()
  }

  /** Tells people what has nothing to do with a token. */
  notify(notice: Notice): void {
    this.#parts.notices.notify(notice)
  }

  subscribe(listener: (event: BrokerEvent) => void): () => void {
    return this.#parts.hub.subscribe(listener)
  }
}
