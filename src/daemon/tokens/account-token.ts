import type { Account } from '../../accounts/account.ts'
import { type CmsOauthError, isCmsOauthError } from '../../errors.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import { instantIn, hasPassed, longAgo, wallMsOf } from '../../schedule/clock.ts'
import { AttemptSlot } from './attempt-slot.ts'
import { awaitStore, isLeftToOthers } from './awaiting-store.ts'
import type { RefreshAttempt } from './refresh-attempt.ts'
import { extraTryIntervalMs } from './refresh-policy.ts'
import { requireUseful } from './require-useful.ts'
import { SignInHistory } from './sign-in-history.ts'
import type { TokenContext } from './token-context.ts'
import type { TokenEvent } from './token-event.ts'
import {
  activate,
  afterFailure,
  failuresIn,
  type Later,
  nextRefreshOf,
  type SignedOutBecause,
  startRefreshing,
  type TokenState,
  tokenOf,
  waitFor,
} from './token-state.ts'
import { isServable, Token } from './token.ts'
import { whyNoToken, whyNotRefreshed } from './why-no-token.ts'

/** One account's token: its state, its one refresh under way, and those who wait for it. */
export class AccountToken {
  readonly #context: TokenContext<AccountToken>
  #account: Account
  #state: TokenState = { name: 'signed_out' }
  readonly #attempts = new AttemptSlot()
  readonly #history = new SignInHistory()
  #extraTryAllowedAt = longAgo
  #isSignInAnnounced = false
  #openSignIns = 0

  constructor(account: Account, context: TokenContext<AccountToken>) {
    this.#account = account
    this.#context = context
  }

  get account(): Account {
    return this.#account
  }

  get state(): TokenState {
    return this.#state
  }

  get isSigningIn(): boolean {
    return this.#openSignIns > 0
  }

  /** What is known of its sign-in; it changes with the account. */
  get history(): Pick<SignInHistory, 'newest' | 'lastRefreshAt' | 'signedInAt'> {
    return this.#history
  }

  /** Epoch ms of the next refresh that nobody asks for; undefined: there is none. */
  get nextRefreshAt(): number | undefined {
    const next = nextRefreshOf(this.#state)
    return next && wallMsOf(this.#context.clock, next)
  }

  /** The token that may be served now. */
  get servable(): Token | undefined {
    const token = tokenOf(this.#state)
    return isServable(token, this.#context.clock) ? token : undefined
  }

  /** True where an old refresh token that comes back ends the sign-in. */
  get #isStrict(): boolean {
    return this.#account.rotation === 'strict'
  }

  /** Takes up a grant that another holds: fetches a token; what was under way counts no more. */
  resume(signedInAt?: number, refreshedAt = this.#history.lastRefreshAt): void {
    this.#attempts.outdate()
    this.#history.resume(signedInAt, refreshedAt)
    this.#start()
  }

  /** Takes a changed configuration entry; the token in memory stays until its successor comes. */
  reconfigure(account: Account): void {
    this.#account = account
    if (this.#state.name === 'signed_out') return
    this.#attempts.outdate()
    this.#start()
  }

  /** Takes the grant of a completed sign-in or import; it supersedes whatever was under way. */
  accept(refreshed: FreshToken): void {
    this.#attempts.supersede()
    this.#accept(refreshed)
  }

  /** Takes a token that another host got, unless the one that is here is as new. */
  acceptShared(shared: FreshToken): void {
    if (!this.#history.isBehind(shared)) return
    this.#attempts.supersede()
    this.#accept(shared, { event: 'token.adopted' })
  }

  /** The store was not read yet, for this reason: nobody knows whether somebody has signed in. */
  awaitStore(unread?: CmsOauthError): void {
    this.#state = awaitStore(this.#state, unread)
  }

  /** The store was read, and there is nothing in it. */
  endWaiting(): void {
    if (this.#state.name !== 'awaiting_store') return
    this.#attempts.supersede()
    this.#state = { name: 'signed_out' }
  }

  /** Forgets the token; the store is the renewer's business. */
  forget(because?: SignedOutBecause): void {
    this.#attempts.supersede()
    this.#state = { name: 'signed_out', ...(because === undefined ? {} : { because }) }
    this.#history.clear()
    this.#context.onEvent(this, { event: 'token.forgotten' })
  }

  /** Takes the error of an exchange that was answered for before: it decides when the next one may begin. */
  failLate(error: CmsOauthError): void {
    const state = this.#state
    if (state.name === 'backing_off') this.#fail(error, false)
    else if (state.name === 'active') this.#state = activate(state.token, this.#isStrict)
  }

  /** Takes the error of another account's refresh with the same refresh token, as if it were its own. */
  shareLoss(error: CmsOauthError): void {
    const { name } = this.#state
    if (!this.#isStrict || this.servable === undefined) return
    if (failuresIn(this.#state)?.error === error) return
    if (name === 'refreshing' && this.#attempts.current?.hasBegun === false)
      this.#attempts.supersede()
    else if (name !== 'active' && name !== 'backing_off') return
    this.#fail(error, false)
  }

  /** Says that the newest record reached the disk after all. */
  markDurable(): void {
    this.#history.markDurable()
  }

  /** A sign-in for the account opened or closed; open ones may overlap when one supersedes another. */
  countSignIn(change: 1 | -1): void {
    this.#openSignIns += change
    const event = change === 1 ? 'sign_in.opened' : 'sign_in.closed'
    this.#context.onEvent(this, { event })
  }

  /** Begins a refresh if its time has come. */
  refreshIfDue(): RefreshAttempt | undefined {
    const due = nextRefreshOf(this.#state)
    return due && hasPassed(this.#context.clock, due) ? this.#start() : undefined
  }

  /** Refreshes because a person asked: always tries. Throws why it failed, or what superseded it. */
  async refreshNow(): Promise<void> {
    if (this.#state.name !== 'signed_out')
      await this.#attempts.outlast(this.#start({ isExplicit: true }))
    const error = whyNotRefreshed(this.#account.user, this.#state)
    if (error !== undefined) throw error
  }

  /** Waits for a token, or another one, for the policy's `answerWithinMs`. @throws CmsOauthError: why there is none */
  async waitForToken({ isRefused = false } = {}): Promise<Token> {
    const attempt = this.#attempts.current ?? this.#tryForClient(isRefused)
    const isElsewhere = () => isLeftToOthers(this.#state) && this.servable === undefined
    await this.#attempts.waitFor(attempt, this.#context.policy().answerWithinMs, isElsewhere)
    const token = this.servable
    if (token === undefined) throw whyNoToken(this.#account.user, this.#state)
    return token
  }

  #tryForClient(isRefused: boolean): RefreshAttempt | undefined {
    const { clock } = this.#context
    const state = this.#state
    // While it is in doubt a refresh may end the sign-in, whose token other servers may still accept.
    const isEarly = isRefused && state.name === 'active' && state.isInDoubt !== true
    if (state.name === 'refreshing' || isEarly) return this.#start()
    if (state.name === 'active') return this.refreshIfDue()
    if (state.name !== 'backing_off' || !hasPassed(clock, state.extraTryFrom)) return undefined
    if (!hasPassed(clock, this.#extraTryAllowedAt)) return undefined
    this.#extraTryAllowedAt = instantIn(clock, extraTryIntervalMs)
    return this.#start()
  }

  /** The one refresh under way, begun now if there is none of this generation; never rejects. */
  #start({ isExplicit = false } = {}): RefreshAttempt {
    const { attempt, isNew } = this.#attempts.open(isExplicit)
    if (!isNew) return attempt
    this.#state = startRefreshing(this.#state)
    attempt.hurry = this.#context.queue.add(
      this.#account.issuer,
      () => this.#run(attempt),
      () => this.#attempts.isAwaited || attempt.isExplicit,
    )
    return attempt
  }

  async #run(attempt: RefreshAttempt): Promise<void> {
    const isSuperseded = () => !this.#attempts.isCurrent(attempt)
    try {
      if (isSuperseded()) return
      attempt.hasBegun = true
      const refreshed = await this.#context.refresh(this.#account, {
        hasToken: this.servable !== undefined,
        ...this.#history.stage,
      })
      if ('later' in refreshed) return isSuperseded() ? undefined : this.#wait(refreshed.later)
      requireUseful(this.#account, refreshed, this.#context.clock)
      if (!isSuperseded()) this.#accept(refreshed)
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      if (!isSuperseded()) this.#fail(error, attempt.isExplicit)
    } finally {
      this.#attempts.close(attempt)
    }
  }

  #accept(refreshed: FreshToken, event?: TokenEvent): void {
    const { clock, random, policy, onEvent } = this.#context
    const { beforeExpiryMs } = policy()
    const { user } = this.#account
    const token = new Token(refreshed, clock, { user, beforeExpiryMs, random })
    this.#state = activate(token, refreshed.isNewerInDoubt === true && this.#isStrict)
    this.#history.add(refreshed, clock.wallMs())
    this.#isSignInAnnounced = false
    onEvent(this, event ?? { event: 'token.refreshed', isDurable: refreshed.isDurable })
  }

  #wait(later: Later): void {
    this.#state = waitFor(this.#state, later, this.#context.clock)
    this.#context.onEvent(this, { event: 'token.waiting' })
  }

  #fail(error: CmsOauthError, isExplicit: boolean): void {
    const { clock, random, onEvent } = this.#context
    const attempt = { error, isExplicit, rotation: this.#account.rotation }
    this.#state = afterFailure(this.#state, attempt, clock, random)
    const isNews = this.#state.name === 'sign_in_required' && !this.#isSignInAnnounced
    this.#isSignInAnnounced ||= isNews
    onEvent(this, { event: isNews ? 'token.sign_in_required' : 'token.refresh_failed', error })
  }
}
