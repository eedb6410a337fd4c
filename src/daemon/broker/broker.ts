import type { Account } from '../../accounts/account.ts'
import { Accounts, diffAccounts } from '../../accounts/accounts.ts'
import { keepsGrant } from '../../accounts/keeps-grant.ts'
import type { SignInMethod } from '../../accounts/sign-in-method.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import type { Finding } from '../../configuration/finding.ts'
import { isCmsOauthError } from '../../errors.ts'
import type { Logger } from '../../logging/logger.ts'
import type {
  AccountsAnswer,
  BrokerEvent,
  Diagnostics,
  ForgetAnswer,
  ReloadAnswer,
  SignInProgress,
} from '../../messages/control-api.ts'
import type { RecordSummary, StoredRecords } from '../../messages/renewer-jobs.ts'
import { version } from '../../package/version.ts'
import { createSystemClock } from '../../schedule/clock.ts'
import type { Management } from '../control/server.ts'
import type { RenewerHandle } from '../processes/renewer-handle.ts'
import { TokenFiles } from '../token-file/token-files.ts'
import { RefreshQueue } from '../tokens/refresh-queue.ts'
import { TokenKeeper } from '../tokens/token-keeper.ts'
import { accountStatus } from './account-status.ts'
import { diagnose } from './diagnose.ts'
import { EventHub } from './event-hub.ts'
import { findRecords } from './find-records.ts'
import { Grants } from './grants.ts'
import { Notices } from './notices.ts'
import type { Notice } from './notifier.ts'
import { reloadAnswer } from './reload-answer.ts'
import { requireSameFoundation } from './same-foundation.ts'
import { SignIns } from './sign-ins.ts'
import { TokenEvents } from './token-events.ts'
import { TokenFileEvents } from './token-file-events.ts'
import { UnusedSignIns } from './unused-sign-ins.ts'

interface BrokerOptions {
  configuration: Configuration
  renewer: RenewerHandle
  log: Logger
  /** Reads the configuration again. @throws CmsOauthError */
  loadConfiguration: () => Promise<Configuration>
  /** What of the surroundings does not fit the file. @throws CmsOauthError */
  inspect: () => Promise<Finding[]>
  /** Makes the token sockets those of the configuration. @throws CmsOauthError */
  applySockets: (configuration: Configuration) => Promise<void>
}

/** The daemon's inside: accounts, their tokens and their sign-ins, under one configuration at a time. */
export class Broker implements Management {
  readonly #options: BrokerOptions
  readonly #hub = new EventHub()
  readonly #notices: Notices
  readonly #events: TokenEvents
  readonly #signIns: SignIns
  readonly #grants: Grants
  readonly #unused = new UnusedSignIns(() => this.#accounts.all())
  readonly #keeper: TokenKeeper
  readonly #files: TokenFiles
  #configuration: Configuration
  #loadedAt = Date.now()
  #accounts: Accounts
  #reloading: Promise<unknown> = Promise.resolve()

  /** @throws ConfigInvalidError where a token file can never have its owner */
  constructor(options: BrokerOptions) {
    const { configuration, renewer, log } = options
    this.#options = options
    this.#configuration = configuration
    this.#accounts = Accounts.from(configuration)
    this.#notices = new Notices({
      log,
      command: () => this.#configuration.notify?.command ?? [],
      findAccount: (user) => this.#accounts.find(user),
      findPage: (user) => this.#grants.findPage(user),
      signIn: (user) => this.#grants.signIn(user, undefined, new AbortController().signal),
    })
    const outlets = {
      log,
      publish: (event: Omit<BrokerEvent, 'time'>) => this.#hub.publish(event),
      notify: (notice: Notice) => this.#notices.notify(notice),
    }
    const clock = createSystemClock()
    const onAccess = (user: string) => this.#notices.withdrawPage(user)
    this.#events = new TokenEvents({
      ...outlets,
      clock,
      onAccess,
      tokens: () => this.#keeper.all(),
    })
    const fileEvents = new TokenFileEvents(outlets)
    this.#files = new TokenFiles({
      clock,
      random: Math.random,
      onEvent: (file, event) => fileEvents.handle(file, event),
    })
    this.#files.requireOwnership(configuration.tokenFiles)
    this.#keeper = new TokenKeeper({
      refresh: (account, hasToken) => renewer.run('refresh', { account, hasToken }),
      clock,
      random: Math.random,
      queue: new RefreshQueue(),
      policy: () => this.#configuration.refresh,
      onEvent: (token, event) => {
        this.#events.handle(token, event)
        this.#files.follow(token, event.event === 'token.refreshed')
      },
      onLook: (token) => this.#events.look(token),
    })
    for (const account of this.#accounts.all()) this.#keeper.add(account)
    const listen = () => this.#configuration.signIn
    this.#signIns = new SignIns({ renewer, log, listen, notices: this.#notices })
    const [keeper, signIns, unused] = [this.#keeper, this.#signIns, this.#unused]
    this.#grants = new Grants({ keeper, signIns, renewer, log, unused })
  }

  /** The accounts in force. */
  get accountsInForce(): Accounts {
    return this.#accounts
  }

  /** Where the token sockets get their tokens. */
  get tokens(): Pick<TokenKeeper, 'serve'> {
    return this.#keeper
  }

  /** Takes up the grants that the store holds, and the token files. */
  resume(stored: StoredRecords): void {
    this.#unused.take(stored)
    this.#takeUp(this.#accounts.all(), stored.records)
  }

  /** Takes what the renewer reports unasked. */
  get renewerNews(): Pick<Grants, 'markDurable' | 'acceptLate' | 'acceptKept' | 'acceptLost'> {
    return this.#grants
  }

  /** Ends open sign-ins and the schedule; refreshes under way are the renewer's. */
  stop(): void {
    this.#notices.close()
    this.#signIns.cancelAll()
    this.#keeper.stop()
    this.#files.stop()
  }

  accounts(): AccountsAnswer {
    return {
      version,
      pid: process.pid,
      accounts: Array.from(this.#keeper.all(), (token) =>
        accountStatus(token, this.#files.of(token.account.user)),
      ),
      unused_sign_ins: this.#unused.all(),
    }
  }

  signIn(user: string, signal: AbortSignal, method?: SignInMethod): AsyncIterable<SignInProgress> {
    return this.#grants.signIn(user, method, signal)
  }

  redirectSignIn(user: string, url: string): void {
    this.#grants.redirect(user, url)
  }

  importGrant(user: string, refreshToken: string): Promise<void> {
    return this.#grants.import(user, refreshToken)
  }

  forgetGrant(user: string, revoke: boolean): Promise<ForgetAnswer> {
    return this.#grants.forget(user, revoke)
  }

  async refresh(user: string): Promise<void> {
    await this.#keeper.get(user).refreshNow()
  }

  reload(): Promise<ReloadAnswer> {
    const reloaded = this.#reloading.then(() => this.#reload())
    this.#reloading = reloaded.catch((error: unknown) => {
      if (!isCmsOauthError(error)) throw error
      const { code, message, hint } = error
      this.#options.log.error('configuration.refused', { code, message, hint })
    })
    return reloaded
  }

  async diagnostics(user?: string): Promise<Diagnostics> {
    const accounts =
      user === undefined ? [...this.#accounts.all()] : [this.#keeper.get(user).account]
    const { renewer, inspect } = this.#options
    const [configuration, loadedAt] = [this.#configuration, this.#loadedAt]
    return diagnose({ configuration, loadedAt, accounts, renewer, inspect })
  }

  subscribe(listener: (event: BrokerEvent) => void): () => void {
    return this.#hub.subscribe(listener)
  }

  async #reload(): Promise<ReloadAnswer> {
    const configuration = await this.#options.loadConfiguration()
    requireSameFoundation(this.#configuration, configuration)
    this.#files.requireOwnership(configuration.tokenFiles)
    const accounts = Accounts.from(configuration)
    const difference = diffAccounts(this.#accounts, accounts)
    const { added, removed, changed } = difference
    const moved = changed.filter(
      (account) => !keepsGrant(this.#accounts.find(account.user), account),
    )
    // What was kept of a sign-in may be the account's now that its login_hint is another.
    const idle = changed.filter(({ user }) => this.#keeper.find(user)?.state.name === 'signed_out')
    const fresh = [...new Set([...added, ...moved, ...idle])]
    const records = await findRecords(this.#options.renewer, fresh)
    await this.#options.applySockets(configuration)
    const before = this.#configuration
    this.#configuration = configuration
    this.#loadedAt = Date.now()
    this.#accounts = accounts
    for (const { user } of removed) {
      this.#signIns.cancel(user, `"${user}" was removed from the configuration`)
      this.#grants.noteUnused(user)
      this.#keeper.remove(user)
      this.#events.drop(user)
    }
    for (const account of changed) {
      // Its grant would be one of the old entry.
      this.#signIns.cancel(account.user, `a reload changed "${account.user}"`)
      const token = this.#keeper.get(account.user)
      if (moved.includes(account)) {
        this.#grants.noteUnused(account.user)
        token.forget()
      }
      token.reconfigure(account)
    }
    for (const account of added) this.#keeper.add(account)
    const restored = this.#takeUp(fresh, records)
    this.#grants.retryMisconfigured()
    this.#options.log.setLevel(configuration.log.level)
    this.#options.log.info('configuration.applied', { path: configuration.file })
    return reloadAnswer({ before, after: configuration, accounts: difference, restored })
  }

  /** Returns the token files that were put back. */
  #takeUp(accounts: Iterable<Account>, records: readonly RecordSummary[]): string[] {
    this.#grants.takeUp(accounts, records)
    return this.#files.apply(this.#configuration.tokenFiles, (user) => this.#keeper.find(user))
  }
}
