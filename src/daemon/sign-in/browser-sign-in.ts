import type { Account } from '../../accounts/account.ts'
import { type CmsOauthError, isCmsOauthError } from '../../errors.ts'
import type { Jobs, FreshToken } from '../../messages/renewer-jobs.ts'
import { createSystemClock } from '../../schedule/clock.ts'
import { AuthorizationAttempt, type Received, signInLifetimeMs } from './authorization-attempt.ts'
import { notOfThisSignIn, parsePastedRedirect } from './pasted-redirect.ts'
import { expiredFailure, failureOf, type SignInFailure } from './sign-in-failure.ts'
import { SignInPages } from './sign-in-pages.ts'
import {
  authorize,
  complete,
  endOf,
  fail,
  redeem,
  type SignInEnd,
  type SignInState,
} from './sign-in-state.ts'

/** What has happened on the way; each is said at most once. */
export type SignInStep = 'page_opened' | 'code_received'

interface BrowserSignInOptions {
  account: Account
  /** The browser is on another machine: nothing listens here. Absent: it is on this one. */
  isElsewhere?: boolean
  /** Where the page listens, on both loopback addresses; a port in the redirect URI goes first. */
  listen: { port: number }
  /** Asks the provider for the URL to send the browser to. Rejects with CmsOauthError only. */
  startAuthorization: (
    parameters: Jobs['start-authorization']['parameters'],
  ) => Promise<Jobs['start-authorization']['result']>
  /**
   * Redeems the code and keeps the grant. Rejects with CmsOauthError only; a SignInFailedError
   * without an answer of the provider means that the address is not the account's.
   */
  redeemCode: (parameters: Jobs['redeem-code']['parameters']) => Promise<FreshToken>
  onStep: (step: SignInStep) => void
  /** Where a person begins another sign-in of the account; undefined: nowhere. */
  retryUrl?: () => Promise<string | undefined>
  /** Ms by a clock that nobody sets, and that goes on through a suspend. */
  now?: () => number
}

/**
 * A sign-in in a browser (RFC 6749 section 4.1, RFC 8252 section 7.3): a page that leads to the provider,
 * and the redirect URI where its answer arrives. Both are gone soon after it is over: at once when its
 * outcome was seen, where the next sign-in needs the same port.
 */
export class BrowserSignIn {
  /** The grant, or the CmsOauthError (sign_in_failed, provider_*, ...) that ended the sign-in. */
  readonly outcome: Promise<FreshToken>
  readonly #options: BrowserSignInOptions
  readonly #attempt: AuthorizationAttempt
  readonly #pages: SignInPages
  readonly #steps = new Set<SignInStep>()
  readonly #ended: Promise<SignInEnd>
  #tellEnd: (end: SignInEnd) => void = () => {}
  #state: SignInState = { name: 'preparing' }
  #providerUrl: Promise<string | undefined> = Promise.resolve(undefined)
  #pageUrl: string | undefined
  #redirectUri = ''
  #lifetime: NodeJS.Timeout | undefined

  /** Opens one. @throws SignInFailedError where no port can be had */
  static async open(options: BrowserSignInOptions): Promise<BrowserSignIn> {
    const signIn = new BrowserSignIn(options)
    await signIn.#open()
    return signIn
  }

  private constructor(options: BrowserSignInOptions) {
    const clock = createSystemClock()
    const { account, isElsewhere = false, listen, retryUrl, now = () => clock.bootMs() } = options
    this.#options = options
    this.#attempt = new AuthorizationAttempt({ user: account.user, now })
    this.#ended = new Promise((resolve) => {
      this.#tellEnd = resolve
    })
    this.outcome = this.#ended.then((end) => {
      if (end.name === 'failed') throw end.failure.error
      return end.refreshed
    })
    // It may end before anybody waits for it.
    this.outcome.catch(() => {})
    this.#pages = new SignInPages({
      account,
      isElsewhere,
      listen,
      retryUrl,
      visit: () => this.#visit(),
      receive: (parameters) => this.#receive(parameters).kind !== 'foreign',
      ended: this.#ended,
    })
  }

  /** The page for a person to open, whoever knows it may sign in; undefined where the browser is elsewhere. */
  get pageUrl(): string | undefined {
    return this.#pageUrl
  }

  /** Where the page leads: the provider's URL, for a browser elsewhere. @throws what ended the sign-in */
  async providerUrl(): Promise<string> {
    // Without it the sign-in has failed, and the outcome says why.
    return (await this.#whereToGo()) ?? (await this.outcome.then(() => ''))
  }

  /**
   * Takes the redirect URI that a browser elsewhere ended at, as the page takes one here.
   * @throws RequestInvalidError for one that is not of this sign-in, which goes on
   */
  redirect(url: string): void {
    const parameters = parsePastedRedirect(url, {
      user: this.#options.account.user,
      redirectUri: this.#redirectUri,
    })
    const { kind } = this.#receive(parameters)
    if (kind === 'repeated') throw notOfThisSignIn(kind)
    if (kind !== 'foreign') return
    const isCutOff = this.#attempt.isCutOff(parameters.get('state') ?? '')
    throw notOfThisSignIn(isCutOff ? 'cut_off' : kind)
  }

  /**
   * Ends the sign-in with this error, unless it has ended already. The grant of a code that is
   * being redeemed is kept by `redeemCode` all the same.
   */
  cancel(error: CmsOauthError): void {
    this.#fail({ kind: 'ended', error })
  }

  async #open(): Promise<void> {
    const { user } = this.#options.account
    const { pageUrl, redirectUri } = await this.#pages.open()
    this.#pageUrl = pageUrl
    this.#redirectUri = redirectUri
    this.#lifetime = setTimeout(
      () => this.#fail(expiredFailure(user, signInLifetimeMs)),
      signInLifetimeMs,
    ).unref()
    // At once, not when the page is opened, so that the terminal tells of a broken provider too.
    this.#providerUrl = this.#authorize()
  }

  async #authorize(): Promise<string | undefined> {
    const { account, startAuthorization } = this.#options
    try {
      const authorization = await startAuthorization({
        account,
        redirectUri: this.#redirectUri,
        ...this.#attempt.authorization,
      })
      this.#move(authorize(this.#state, authorization))
      return authorization.url
    } catch (error) {
      this.#failBy(error)
      return undefined
    }
  }

  async #redeem(code: string): Promise<void> {
    const { account, redeemCode } = this.#options
    const { nonce, codeVerifier } = this.#attempt.redemption
    try {
      const refreshed = await redeemCode({
        account,
        redirectUri: this.#redirectUri,
        nonce,
        code,
        codeVerifier: codeVerifier.reveal(),
      })
      this.#move(complete(this.#state, refreshed))
    } catch (error) {
      this.#failBy(error)
    }
  }

  async #visit(): Promise<string | undefined> {
    this.#tell('page_opened')
    const url = await this.#whereToGo()
    return this.#state.name === 'waiting' ? url : undefined
  }

  #whereToGo(): Promise<string | undefined> {
    return Promise.race([this.#providerUrl, this.#ended.then(() => undefined)])
  }

  #receive(parameters: URLSearchParams): Received {
    const issuer = this.#state.name === 'waiting' ? this.#state.authorization.issuer : undefined
    const received = this.#attempt.receive(parameters, issuer)
    if (received.kind === 'failure') this.#fail(received.failure)
    if (received.kind === 'code' && endOf(this.#state) === undefined) {
      this.#move(redeem(this.#state))
      this.#tell('code_received')
      void this.#redeem(received.code)
    }
    return received
  }

  #tell(step: SignInStep): void {
    if (this.#steps.has(step)) return
    this.#steps.add(step)
    this.#options.onStep(step)
  }

  #failBy(error: unknown): void {
    if (!isCmsOauthError(error)) throw error
    this.#fail(failureOf(this.#options.account.user, error))
  }

  #fail(failure: SignInFailure): void {
    this.#move(fail(this.#state, failure))
  }

  #move(next: SignInState): void {
    const isOver = endOf(this.#state) !== undefined
    this.#state = next
    const end = endOf(next)
    if (isOver || end === undefined) return
    clearTimeout(this.#lifetime)
    this.#tellEnd(end)
    this.#pages.closeSoon(end, this.#attempt.isAnswered)
  }
}
