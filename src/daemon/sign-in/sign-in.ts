import type { Account } from '../../accounts/account.ts'
import { type CmsOauthError, isCmsOauthError } from '../../errors.ts'
import type { Jobs, FreshToken } from '../../messages/renewer-jobs.ts'
import {
  type LoopbackServer,
  openLoopbackServer,
  type Reply,
  type Route,
} from './loopback-server.ts'
import { canBeRetried, completedPage, failurePage, noSuchPage, strayPage } from './outcome-page.ts'
import { notOfThisSignIn, parsePastedRedirect } from './pasted-redirect.ts'
import { PendingSignIn, type Received, signInLifetimeMs } from './pending-sign-in.ts'
import { fixedPortOf, redirectUriAt } from './redirect-uri.ts'
import { cannotListen, expiredFailure, failureOf, type SignInFailure } from './sign-in-failure.ts'
import { startPage } from './start-page.ts'
import { unguessablePath } from './unguessable-path.ts'

/** What has happened on the way; each is said at most once. */
export type SignInStep = 'page_opened' | 'code_received'

/** What a sign-in needs. */
interface SignInOptions {
  account: Account
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
  /** Epoch ms. */
  now?: () => number
}

/** A sign-in whose page is open. */
export interface SignIn {
  /** The page for a person to open; whoever knows it may sign in. */
  pageUrl: string
  /** The grant, or the CmsOauthError (sign_in_failed, provider_*, ...) that ended the sign-in. */
  outcome: Promise<FreshToken>
  /** Where the page leads: the provider's URL, for a browser elsewhere. @throws what ended the sign-in */
  providerUrl(): Promise<string>
  /**
   * Takes the redirect URI that a browser elsewhere ended at, as the page takes one here.
   * @throws RequestInvalidError for one that is not of this sign-in, which goes on
   */
  redirect(url: string): void
  /**
   * Ends the sign-in with this error, unless it has ended already. The grant of a code that is
   * being redeemed is kept by `redeemCode` all the same.
   */
  cancel(error: CmsOauthError): void
}

type Ending = { refreshed: FreshToken } | { failure: SignInFailure }

/** How long the page outlives its outcome, so that Back and Reload still find it. */
const lingerMs = 120_000
/** The same at a port that the next sign-in needs, until somebody has fetched it. */
const lingerAtFixedPortMs = 30_000

/**
 * Opens a sign-in (RFC 6749 section 4.1, RFC 8252 section 7.3): a page that leads to the provider, and
 * the redirect URI where its answer arrives. Both are gone soon after it is over: at once when its
 * outcome was seen, where the next sign-in needs the same port.
 * @throws SignInFailedError where no port can be had
 */
export async function startSignIn(options: SignInOptions): Promise<SignIn> {
  const signIn = new LoopbackSignIn(options)
  await signIn.open()
  return signIn
}

class LoopbackSignIn implements SignIn {
  pageUrl = ''
  readonly outcome: Promise<FreshToken>
  readonly #options: SignInOptions
  readonly #pending: PendingSignIn
  readonly #pagePath = unguessablePath()
  readonly #outcomePath = unguessablePath()
  readonly #steps = new Set<SignInStep>()
  readonly #ended: Promise<Ending>
  #end: (ending: Ending) => void = () => {}
  #hasEnded = false
  #server: LoopbackServer | undefined
  #hasFixedPort = false
  #redirectUri = ''
  #authorized: Promise<void> | undefined
  #authorization: Jobs['start-authorization']['result'] | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: SignInOptions) {
    const { account, now = Date.now } = options
    this.#options = options
    this.#pending = new PendingSignIn({ user: account.user, now })
    this.#ended = new Promise((resolve) => {
      this.#end = resolve
    })
    this.outcome = this.#ended.then((ending) => {
      if ('failure' in ending) throw ending.failure.error
      return ending.refreshed
    })
    // It may end before anybody waits for it.
    this.outcome.catch(() => {})
  }

  async open(): Promise<void> {
    const { account, listen } = this.#options
    const { hostname, pathname } = new URL(account.redirectUri)
    const port = fixedPortOf(account) ?? listen.port
    this.#hasFixedPort = port !== 0
    const routes = new Map<string, Route>([
      [pathname, (parameters: URLSearchParams) => this.#receive(parameters)],
      [this.#pagePath, () => this.#showPage()],
      [this.#outcomePath, () => this.#showOutcome()],
    ])
    const served = { hostname, port, routes, elsewhere: noSuchPage }
    this.#server = await openLoopbackServer(served).catch((error: unknown) => {
      throw cannotListen(account.user, port, error)
    })
    this.pageUrl = `${this.#server.origin}${this.#pagePath}`
    this.#redirectUri = redirectUriAt(account, this.#server.port)
    this.#timer = setTimeout(() => {
      this.#finish({ failure: expiredFailure(account.user, signInLifetimeMs) })
    }, signInLifetimeMs)
    this.#timer.unref()
    this.#authorized = this.#authorize()
  }

  async providerUrl(): Promise<string> {
    await Promise.race([this.#authorized, this.#ended])
    // Without an authorization it has failed, and the outcome says why.
    if (this.#authorization === undefined) await this.outcome
    return this.#authorization?.url ?? ''
  }

  redirect(url: string): void {
    const parameters = parsePastedRedirect(url, this.#redirectUri)
    const { kind } = this.#take(parameters)
    if (kind === 'repeated') throw notOfThisSignIn(kind)
    if (kind !== 'foreign') return
    const isCutOff = this.#pending.isCutOff(parameters.get('state') ?? '')
    throw notOfThisSignIn(isCutOff ? 'cut_off' : kind)
  }

  cancel(error: CmsOauthError): void {
    this.#finish({ failure: { kind: 'ended', error } })
  }

  /** At once, not when the page is opened, so that the terminal tells of a broken provider too. */
  async #authorize(): Promise<void> {
    const { account, startAuthorization } = this.#options
    try {
      this.#authorization = await startAuthorization({
        account,
        redirectUri: this.#redirectUri,
        ...this.#pending.authorization,
      })
    } catch (error) {
      this.#fail(error)
    }
  }

  async #redeem(code: string): Promise<void> {
    const { account, redeemCode } = this.#options
    const { nonce, codeVerifier } = this.#pending.redemption
    try {
      const refreshed = await redeemCode({
        account,
        redirectUri: this.#redirectUri,
        nonce,
        code,
        codeVerifier: codeVerifier.reveal(),
      })
      this.#finish({ refreshed })
    } catch (error) {
      this.#fail(error)
    }
  }

  async #showPage(): Promise<Reply> {
    this.#tell('page_opened')
    await Promise.race([this.#authorized, this.#ended])
    const authorization = this.#authorization
    if (this.#hasEnded || this.#pending.isAnswered || authorization === undefined) {
      return this.#showOutcome()
    }
    return startPage(this.#options.account, authorization.url)
  }

  /**
   * Answers at once and elsewhere, so that the code leaves the history and a reload repeats nothing;
   * the page it leads to is sent when the outcome is there, which takes at most 20 s.
   */
  #receive(parameters: URLSearchParams): Reply {
    if (this.#take(parameters).kind === 'foreign') return strayPage()
    return { status: 303, headers: { location: this.#outcomePath }, body: '' }
  }

  #take(parameters: URLSearchParams): Received {
    const received = this.#pending.receive(parameters, this.#authorization?.issuer)
    if (received.kind === 'failure') this.#finish({ failure: received.failure })
    if (received.kind === 'code' && !this.#hasEnded) {
      this.#tell('code_received')
      void this.#redeem(received.code)
    }
    return received
  }

  async #showOutcome(): Promise<Reply> {
    const { account, retryUrl } = this.#options
    const ending = await this.#ended
    const reply =
      'refreshed' in ending
        ? completedPage(account, ending.refreshed)
        : failurePage(account, ending.failure, canBeRetried(ending.failure) && (await retryUrl?.()))
    return this.#hasFixedPort ? { ...reply, onSent: () => this.#server?.close() } : reply
  }

  #tell(step: SignInStep): void {
    if (this.#steps.has(step)) return
    this.#steps.add(step)
    this.#options.onStep(step)
  }

  #fail(error: unknown): void {
    if (!isCmsOauthError(error)) throw error
    this.#finish({ failure: failureOf(this.#options.account.user, error) })
  }

  /** Only the first ending counts. */
  #finish(ending: Ending): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    clearTimeout(this.#timer)
    this.#end(ending)
    // The next sign-in needs a port that is fixed; only a browser with an answer is sure to come.
    const atFixedPortMs = this.#pending.isAnswered ? lingerAtFixedPortMs : 0
    const closeAfterMs = this.#hasFixedPort ? atFixedPortMs : lingerMs
    this.#timer = setTimeout(() => this.#server?.close(), closeAfterMs)
    this.#timer.unref()
  }
}
