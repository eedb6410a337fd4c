import type { Accounts } from '../../accounts/accounts.ts'
import type { SignInMethod } from '../../accounts/sign-in-method.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import type { Finding } from '../../configuration/finding.ts'
import { isCmsOauthError } from '../../errors.ts'
import type {
  AccountsAnswer,
  AccountStatus,
  BrokerEvent,
  Diagnostics,
  ForgetAnswer,
  ReloadAnswer,
  SignInProgress,
} from '../../messages/control-api.ts'
import type { StoredRecords } from '../../messages/renewer-jobs.ts'
import { version } from '../../package/version.ts'
import type { Management } from '../control/management.ts'
import type { Lazily } from '../control/send-accounts.ts'
import type { TokenKeeper } from '../tokens/token-keeper.ts'
import { accountStatus } from './account-status.ts'
import { type BrokerParts, createParts, type PartsOptions } from './broker-parts.ts'
import { diagnose } from './diagnose.ts'
import type { ConfigurationInForce } from './in-force.ts'
import type { Notice } from '../notices/notifier.ts'
import { reload } from './reload.ts'
import type { RenewerNews } from '../grants/renewer-news.ts'

interface BrokerOptions extends PartsOptions {
  /** Reads the configuration again. @throws CmsOauthError */
  loadConfiguration: () => Promise<Configuration>
  /** What of the surroundings does not fit the file. @throws CmsOauthError */
  inspect: () => Promise<Finding[]>
  /** Makes the token sockets those of the configuration. @throws CmsOauthError */
  applySockets: (configuration: Configuration) => Promise<void>
}

/** The daemon's inside: accounts, their tokens and their sign-ins, under one configuration at a time. */
export class Broker implements Management {
  /** Without the first configuration, which others follow. */
  readonly #options: Omit<BrokerOptions, 'configuration'>
  readonly #parts: BrokerParts
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

  /** Takes up the grants that the store holds, and the token files. */
  resume(stored: StoredRecords): void {
    const { accounts, configuration } = this.#parts.inForce
    this.#parts.stored.take(stored)
    this.#parts.grants.takeUp(accounts.all(), stored.records)
    this.#parts.files.apply(configuration.tokenFiles, (user) => this.#parts.keeper.find(user))
  }

  /** Ends open sign-ins and the schedule; refreshes under way are the renewer's. */
  stop(): void {
    this.#parts.invitations.close()
    this.#parts.signIns.cancelAll()
    this.#parts.keeper.stop()
    this.#parts.files.stop()
  }

  accounts(): Lazily<AccountsAnswer> {
    const unused = this.#parts.stored.unused()
    const { file } = this.#parts.inForce.configuration
    const head = { version, pid: process.pid, config_file: file, unused_sign_ins: unused }
    return { ...head, accounts: this.#statuses() }
  }

  *#statuses(): Iterable<AccountStatus> {
    for (const token of this.#parts.keeper.all()) {
      yield accountStatus(token, this.#parts.files.of(token.account.user))
    }
  }

  signIn(user: string, signal: AbortSignal, method?: SignInMethod): AsyncIterable<SignInProgress> {
    return this.#parts.requests.signIn(user, signal, method)
  }

  redirectSignIn(user: string, url: string): void {
    this.#parts.grants.redirect(user, url)
  }

  importGrant(user: string, refreshToken: string): Promise<void> {
    return this.#parts.grants.import(user, refreshToken)
  }

  forgetGrant(user: string, revoke: boolean): Promise<ForgetAnswer> {
    return this.#parts.grants.forget(user, revoke)
  }

  async refresh(user: string): Promise<void> {
    await this.#parts.keeper.get(user).refreshNow()
  }

  reload(): Promise<ReloadAnswer> {
    const reloaded = this.#reloading.then(() => reload({ ...this.#options, ...this.#parts }))
    this.#reloading = reloaded.catch((error: unknown) => {
      if (!isCmsOauthError(error)) throw error
      const { code, message, hint } = error
      this.#options.log.error('configuration.refused', { code, message, hint })
    })
    return reloaded
  }

  async diagnostics(user?: string): Promise<Diagnostics> {
    const { configuration, loadedAt, accounts: all } = this.#parts.inForce
    const accounts = user === undefined ? [...all.all()] : [this.#parts.keeper.get(user).account]
    const { renewer, inspect } = this.#options
    return diagnose({ configuration, loadedAt, accounts, renewer, inspect })
  }

  /** Tells people what has nothing to do with a token. */
  notify(notice: Notice): void {
    this.#parts.notices.notify(notice)
  }

  subscribe(listener: (event: BrokerEvent) => void): () => void {
    return this.#parts.hub.subscribe(listener)
  }
}
