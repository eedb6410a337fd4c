import { type Account, needsSignIn, signInOwner } from '../../accounts/account.ts'
import type { StoreRole } from '../../configuration/configuration.ts'
import { type CmsOauthError, isCmsOauthError } from '../../errors.ts'
import { errorFields } from '../../logging/error-fields.ts'
import type { Log } from '../../logging/log.ts'
import { clockDifferenceMs } from '../../schedule/clock-difference.ts'
import type { EngineState } from '../../messages/follower-messages.ts'
import type { FreshToken, RecordSummary, StoredRecords } from '../../messages/renewer-jobs.ts'
import { backOffMs } from '../../schedule/back-off.ts'
import { errorFromWire } from '../../shapes/wire-error.ts'
import type { Grants } from '../grants/grants.ts'
import type { StoredSignIns } from '../grants/stored-sign-ins.ts'
import type { AccountToken } from '../tokens/account-token.ts'
import type { TokenKeeper } from '../tokens/token-keeper.ts'
import { foreignToken } from '../tokens/foreign-token.ts'
import { AbsentUsers } from './absent-users.ts'
import { endWithout, isAwaiting } from './awaiting-token.ts'
import type { FollowerNews } from './follower-child.ts'
import { KnownEngine } from './known-engine.ts'
import { LeftSignIns } from './left-sign-ins.ts'
import { unreadableToken } from './unreadable-token.ts'

interface SharedTokensOptions {
  role: StoreRole
  keeper: Pick<TokenKeeper, 'find' | 'all' | 'holdersOf'>
  grants: Pick<Grants, 'takeUp' | 'retryMisconfigured'>
  stored: StoredSignIns
  accounts: () => Iterable<Account>
  /** What the engine holds of grants; absent records are those of nobody. @throws CmsOauthError */
  readStore: () => Promise<StoredRecords>
  /** Which of these accounts have a grant there. @throws CmsOauthError */
  readSome: (accounts: readonly Account[]) => Promise<RecordSummary[]>
  log: Log
}

const pauses = { shortestMs: 1_000, longestMs: 30_000 }

/**
 * The tokens that hosts share, as the follower tells of them. The daemon starts without the engine: until it
 * has answered nobody knows who is signed in, and whoever asks for a token is told to wait.
 */
export class SharedTokens {
  readonly #options: SharedTokensOptions
  readonly #left: LeftSignIns
  readonly #engine = new KnownEngine()
  readonly #absentUsers: AbsentUsers
  /** Undefined: not read yet. A host that only serves has nothing to read. */
  #records: StoredRecords | undefined
  #timer: NodeJS.Timeout | undefined
  /** True once both were known. */
  #isSettled = false
  #isStopped = false

  constructor(options: SharedTokensOptions) {
    this.#options = options
    const { keeper, readSome, log } = options
    this.#absentUsers = new AbsentUsers(keeper, log)
    this.#left = new LeftSignIns({
      read: (users) => readSome(users.flatMap((user) => accountsOf(keeper.holdersOf(user)))),
      onFound: (records) => this.#takeUpLeft(records),
      onUnread: (error) => log.warn('fleet.store_unread', errorFields(error)),
      pauses,
    })
  }

  /** What is known of the engine. */
  get engine(): EngineState {
    return this.#engine.state
  }

  /** Has all accounts wait for what the engine holds, and begins to look for it. */
  start(): void {
    this.await()
    void this.#readStore(1)
  }

  /** Has the accounts wait for the next list where nothing is known of them yet. */
  await(): void {
    this.#absentUsers.forgetList()
    const { error } = this.engine
    const unread = error && errorFromWire(error)
    for (const token of this.#options.keeper.all()) token.awaitStore(unread)
  }

  /** Looks for nothing any more. */
  stop(): void {
    this.#isStopped = true
    this.#left.stop()
    clearTimeout(this.#timer)
  }

  /** Takes what the follower says. */
  receive(news: FollowerNews): void {
    switch (news.type) {
      case 'token':
        return this.#accept(news.user, news.token)
      case 'forgotten':
        return this.#forget(news.user)
      case 'listed':
        this.#absentUsers.takeList(news)
        // Who has no token may have been signed out since the store was read.
        if (this.#isSettled) this.#records = undefined
        return void this.#readStore(1)
      case 'unreadable':
        return this.#refuse(news.user, news.reason, unreadableToken(news.user, news.reason))
      case 'engine':
        return this.#takeEngine(news.state)
    }
  }

  /** The follower is gone: its successor tells all again. */
  noteLost(): void {
    this.#engine.noteLost()
  }

  #accept(user: string, shared: FreshToken): void {
    this.#absentUsers.noteNews(user)
    const { keeper, stored } = this.#options
    const token = keeper.find(user)
    if (token === undefined) return
    const { account } = token
    const foreign = foreignToken(account, shared)
    if (foreign !== undefined) return this.#refuse(user, 'it is of another issuer', foreign)
    const { signedInAt } = shared
    if (signedInAt !== undefined && signInOwner(account) === user) {
      stored.note(user, { signedInAt, issuer: account.issuer })
    }
    token.acceptShared(shared)
  }

  /** There is a token that cannot be used here. */
  #refuse(user: string, reason: string, error: CmsOauthError): void {
    const { log, keeper } = this.#options
    log.warn('fleet.token_unreadable', { user, reason })
    const token = keeper.find(user)
    if (isAwaiting(token)) token?.awaitStore(error)
  }

  #takeEngine(state: EngineState): void {
    const before = this.engine
    this.#engine.take(state)
    const { log, grants, stored } = this.#options
    stored.hostClockAheadMs = clockDifferenceMs(state.clockAheadMs)
    if (
      state.error !== undefined &&
      state.error.error_description !== before.error?.error_description
    ) {
      const error = errorFromWire(state.error)
      log.warn('fleet.engine_unreachable', errorFields(error))
      this.#tellWaiting(error)
    }
    const isBack = before.error !== undefined && state.error === undefined
    if (isBack) {
      log.info('fleet.engine_reached', { host: state.endpoint ?? '' })
      this.#tellWaiting(undefined)
      // What was wrong with it only the operator could fix.
      grants.retryMisconfigured('store_unreadable')
    }
    // What waited for it need not wait longer.
    if (state.isReachable && this.#timer !== undefined) void this.#readStore(1)
  }

  #tellWaiting(unread: CmsOauthError | undefined): void {
    for (const token of this.#options.keeper.all()) if (isAwaiting(token)) token.awaitStore(unread)
  }

  async #readStore(tries: number): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#options.role === 'serve' || this.#records !== undefined) return this.#settle()
    try {
      const records = await this.#options.readStore()
      if (!this.#isSettled) this.#options.stored.take(records)
      this.#records = records
      this.#settle()
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      this.#retry(tries, error)
    }
  }

  #retry(tries: number, error: CmsOauthError): void {
    if (this.#isStopped) return
    const delayMs = backOffMs(tries, undefined, Math.random, pauses)
    if (tries === 1) this.#options.log.warn('fleet.store_unread', errorFields(error))
    this.#tellWaiting(error)
    this.#timer = setTimeout(() => void this.#readStore(tries + 1), delayMs)
    this.#timer.unref()
  }

  /** Both are known: who is signed in, and who has a token. */
  #settle(): void {
    const { role, keeper, grants, accounts } = this.#options
    const absent = this.#absentUsers.users
    if (this.#isStopped || absent === undefined) return
    if (role === 'serve') {
      for (const user of absent) endWithout(keeper.find(user))
      return
    }
    if (this.#records === undefined) return
    this.#isSettled = true
    const { records } = this.#records
    const signedIn = new Set(records.map(({ user }) => user))
    const isKnown = (account: Account) =>
      !needsSignIn(account) || signedIn.has(signInOwner(account))
    const waiting = [...accounts()].filter(({ user }) => isAwaiting(keeper.find(user)))
    for (const account of accounts()) {
      const token = keeper.find(account.user)
      // A record that cannot be read here is there all the same.
      if (isAwaiting(token)) token?.endWaiting()
      else if (absent.has(account.user) && !isKnown(account)) endWithout(token)
    }
    grants.takeUp(waiting.filter(isKnown), records)
  }

  /** A token that is gone is not served, and not renewed either, unless its sign-in is still there. */
  #forget(user: string): void {
    const { role, keeper, grants, stored } = this.#options
    const holders = keeper.holdersOf(user)
    stored.forget(user)
    this.#absentUsers.noteNews(user)
    for (const token of holders) if (token.state.name !== 'signed_out') token.forget('logout')
    if (role === 'serve') return
    if (accountsOf(holders).some(needsSignIn)) this.#left.look(user)
    else grants.takeUp(accountsOf(holders), [])
  }

  #takeUpLeft(records: readonly RecordSummary[]): void {
    const { keeper, grants, stored, log } = this.#options
    for (const { user, signedInAt } of records) {
      const holders = keeper.holdersOf(user).filter(({ state }) => state.name === 'signed_out')
      const accounts = accountsOf(holders).filter(needsSignIn)
      const [first] = accounts
      if (first === undefined) continue
      log.warn('fleet.token_missing', { user })
      stored.note(user, { signedInAt, issuer: first.issuer })
      grants.takeUp(accounts, records)
    }
  }
}

function accountsOf(tokens: readonly AccountToken[]): Account[] {
  return tokens.map(({ account }) => account)
}
