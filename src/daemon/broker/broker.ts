import type { Accounts } from '../../accounts/accounts.ts'
import type { SignInMethod } from '../../accounts/sign-in-method.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import type { Finding } from '../../configuration/finding.ts'
import { isCmsOauthError } from '../../errors.ts'
import type { Logger } from '../../logging/logger.ts'
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
import { createSystemClock } from '../../schedule/clock.ts'
import type { Management } from '../control/management.ts'
import type { Lazily } from '../control/send-accounts.ts'
import type { RenewerHandle } from '../processes/renewer-handle.ts'
import { Invitations } from '../sign-in/invitations.ts'
import { TokenFiles } from '../token-file/token-files.ts'
import type { AccountToken } from '../tokens/account-token.ts'
import { RefreshQueue } from '../tokens/refresh-queue.ts'
import { TokenKeeper } from '../tokens/token-keeper.ts'
import { SignInRequests } from '../grants/sign-in-requests.ts'
import { accountStatus } from './account-status.ts'
import { diagnose } from './diagnose.ts'
import { EventHub } from './event-hub.ts'
import { GrantHolders } from '../grants/grant-holders.ts'
import { Grants } from '../grants/grants.ts'
import { InForce } from './in-force.ts'
import { Notices } from '../notices/notices.ts'
import type { Notice } from '../notices/notifier.ts'
import { reload } from './reload.ts'
import { RenewerNews } from '../grants/renewer-news.ts'
import { OpenSignIns } from '../grants/open-sign-ins.ts'
import { StoredSignIns } from '../grants/stored-sign-ins.ts'
import { TokenEvents } from './token-events.ts'
import { TokenFileEvents } from './token-file-events.ts'

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
  readonly #inForce: InForce
  readonly #hub = new EventHub()
  readonly #stored = new StoredSignIns(() => this.#inForce.accounts.all())
  readonly #keeper: TokenKeeper
  readonly #files: TokenFiles
  readonly #signIns: OpenSignIns
  readonly #grants: Grants
  readonly #invitations: Invitations
  readonly #requests: SignInRequests
  readonly #events: TokenEvents
  readonly #notices: Notices
  /** Takes what the renewer reports unasked. */
  readonly renewerNews: RenewerNews
  #reloading: Promise<unknown> = Promise.resolve()

  /**
   * Each part is given those before it; what the keeper and the files tell goes to `#events` and the
   * hub, which nothing before them knows.
   * @throws ConfigInvalidError where a token file can never have its owner
   */
  constructor(options: BrokerOptions) {
    const { configuration, renewer, log } = options
    this.#options = options
    const inForce = (this.#inForce = new InForce(configuration))
    const clock = createSystemClock()
    const files = (this.#files = new TokenFiles({
      clock,
      random: Math.random,
      onEvent: (file, event) => fileEvents.handle(file, event),
    }))
    files.requireOwnership(configuration.tokenFiles)
    const keeper = (this.#keeper = new TokenKeeper({
      refresh: (account, hasToken) => renewer.run('refresh', { account, hasToken }),
      clock,
      random: Math.random,
      queue: new RefreshQueue(),
      policy: () => inForce.configuration.refresh,
      onEvent: (token, event) => {
        events.handle(token, event)
        files.follow(token, event.event === 'token.refreshed')
      },
      onLook: (token) => events.look(token),
    }))
    const stored = this.#stored
    const holders = new GrantHolders(keeper, log, stored)
    const listen = () => inForce.configuration.signIn
    const signIns = (this.#signIns = new OpenSignIns({ renewer, log, listen }))
    const grants = (this.#grants = new Grants({ keeper, holders, signIns, renewer, log, stored }))
    const findAccount = (user: string) => inForce.accounts.find(user)
    const invitations = (this.#invitations = new Invitations({ findAccount }))
    this.#requests = new SignInRequests({ grants, invitations })
    const notices = (this.#notices = this.#createNotices())
    const outlets = {
      log,
      publish: (event: Omit<BrokerEvent, 'time'>) => this.#hub.publish(event),
      notify: (notice: Notice) => notices.notify(notice),
    }
    const fileEvents = new TokenFileEvents(outlets)
    const events = (this.#events = new TokenEvents({
      ...outlets,
      clock,
      onAccess: (user) => notices.withdraw(user),
      sharersOf: (owner) => this.#sharersOf(owner),
    }))
    this.renewerNews = new RenewerNews({ keeper, holders, log })
    for (const account of inForce.accounts.all()) keeper.add(account)
  }

  #createNotices(): Notices {
    return new Notices({
      log: this.#options.log,
      command: () => this.#inForce.configuration.notify?.command ?? [],
      openPage: (user) => this.#requests.openPage(user),
      withdrawPage: (user) => this.#invitations.withdraw(user),
    })
  }

  /** The accounts in force. */
  get accountsInForce(): Accounts {
    return this.#inForce.accounts
  }

  /** Where the token sockets get their tokens. */
  get tokens(): Pick<TokenKeeper, 'serve'> {
    return this.#keeper
  }

  /** Takes up the grants that the store holds, and the token files. */
  resume(stored: StoredRecords): void {
    const { accounts, configuration } = this.#inForce
    this.#stored.take(stored)
    this.#grants.takeUp(accounts.all(), stored.records)
    this.#files.apply(configuration.tokenFiles, (user) => this.#keeper.find(user))
  }

  /** Ends open sign-ins and the schedule; refreshes under way are the renewer's. */
  stop(): void {
    this.#invitations.close()
    this.#signIns.cancelAll()
    this.#keeper.stop()
    this.#files.stop()
  }

  accounts(): Lazily<AccountsAnswer> {
    const unused = this.#stored.unused()
    return { version, pid: process.pid, unused_sign_ins: unused, accounts: this.#statuses() }
  }

  #sharersOf(owner: string): AccountToken[] {
    return this.accountsInForce.sharersOf(owner).flatMap((user) => this.#keeper.find(user) ?? [])
  }

  *#statuses(): Iterable<AccountStatus> {
    for (const token of this.#keeper.all()) {
      yield accountStatus(token, this.#files.of(token.account.user))
    }
  }

  signIn(user: string, signal: AbortSignal, method?: SignInMethod): AsyncIterable<SignInProgress> {
    return this.#requests.signIn(user, signal, method)
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
    const reloaded = this.#reloading.then(() =>
      reload({
        ...this.#options,
        inForce: this.#inForce,
        keeper: this.#keeper,
        signIns: this.#signIns,
        stored: this.#stored,
        grants: this.#grants,
        events: this.#events,
        files: this.#files,
      }),
    )
    this.#reloading = reloaded.catch((error: unknown) => {
      if (!isCmsOauthError(error)) throw error
      const { code, message, hint } = error
      this.#options.log.error('configuration.refused', { code, message, hint })
    })
    return reloaded
  }

  async diagnostics(user?: string): Promise<Diagnostics> {
    const { configuration, loadedAt, accounts: all } = this.#inForce
    const accounts = user === undefined ? [...all.all()] : [this.#keeper.get(user).account]
    const { renewer, inspect } = this.#options
    return diagnose({ configuration, loadedAt, accounts, renewer, inspect })
  }

  /** Tells people what has nothing to do with a token. */
  notify(notice: Notice): void {
    this.#notices.notify(notice)
  }

  subscribe(listener: (event: BrokerEvent) => void): () => void {
    return this.#hub.subscribe(listener)
  }
}
