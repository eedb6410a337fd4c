import { randomBytes } from 'node:crypto'
import type { Account } from '../accounts/account.ts'
import { type CmsOauthError, isCmsOauthError, SignInFailedError } from '../errors.ts'
import type { Jobs, Refreshed } from '../renewer/messages.ts'
import { type LoopbackAnswer, type LoopbackServer, startLoopbackServer } from './loopback-server.ts'
import {
  failurePage,
  pageHeaders,
  startPage,
  strangerPage,
  successPage,
  waitingPage,
} from './page.ts'
import { PendingSignIn, signInLimitMs } from './pending-sign-in.ts'

/** What happens between the page and its outcome. */
export type SignInStep = 'page_opened' | 'code_received'

interface SignInOptions {
  account: Account
  /** Where the page listens; a port in the account's redirect URI wins. */
  listen: { host: string; port: number }
  /** Asks the renewer. Both throw CmsOauthError. */
  startAuthorization: (
    parameters: Jobs['start-authorization']['parameters'],
  ) => Promise<Jobs['start-authorization']['result']>
  redeemCode: (parameters: Jobs['redeem-code']['parameters']) => Promise<Refreshed>
  onStep: (step: SignInStep) => void
  limitMs?: number
}

/** An open sign-in. */
export interface SignIn {
  /** The page for the person; nobody can guess its path. */
  pageUrl: string
  /** @throws CmsOauthError why nobody was signed in */
  outcome: Promise<Refreshed>
  /** Ends it with this error, unless it has ended. */
  cancel(error: CmsOauthError): void
}

/** How long the page stays for a browser that has not yet fetched the outcome. */
const outcomePageLimitMs = 30_000

/**
 * Opens a sign-in in a browser: asks the provider where to send the person, and serves the page.
 * @throws CmsOauthError where the provider cannot be asked or the page cannot be served
 */
export async function startSignIn(options: SignInOptions): Promise<SignIn> {
  const { account, listen, limitMs = signInLimitMs } = options
  const redirect = new URL(account.redirectUri)
  const page = new SignInPage(options, redirect.pathname)
  const port = redirect.port === '' ? listen.port : Number(redirect.port)
  const server = await startLoopbackServer(
    { host: listen.host, port },
    (bound) => `${redirect.hostname}:${bound}`,
    (path, query) => page.answer(path, query),
  )
  const origin = `http://${redirect.hostname}:${server.port}`
  try {
    await page.prepare(server, origin + redirectPath(account))
  } catch (error) {
    server.close()
    throw error
  }
  const timer = setTimeout(() => page.end(tooLate(account)), limitMs)
  const outcome = page.outcome.finally(() => clearTimeout(timer))
  // Whoever waits for the outcome gets it; nobody waiting is no mistake.
  outcome.catch(() => {})
  return { pageUrl: origin + page.startPath, outcome, cancel: (error) => page.end(error) }
}

/** A path that the registration names, else what the provider is known to be registered with. */
function redirectPath({ redirectUri, provider }: Account): string {
  const { origin, pathname } = new URL(redirectUri)
  if (redirectUri !== origin) return pathname
  return provider === 'office365' ? '' : '/'
}

function tooLate({ user }: Account): CmsOauthError {
  return new SignInFailedError(`nobody signed in for "${user}" in time`, {
    hint: `run "cms-oauth login ${user}" again; a page stays open for ten minutes`,
  })
}

interface Settle {
  resolve: (refreshed: Refreshed) => void
  reject: (error: CmsOauthError) => void
}

/** The paths of one sign-in and its way from the first page to the outcome. */
class SignInPage {
  readonly startPath = `/${randomBytes(16).toString('base64url')}`
  readonly outcome: Promise<Refreshed>
  readonly #options: SignInOptions
  readonly #pending: PendingSignIn
  readonly #redirectPath: string
  readonly #outcomePath = `/${randomBytes(16).toString('base64url')}`
  #server: LoopbackServer | undefined
  #redirectUri = ''
  #authorization: Jobs['start-authorization']['result'] = { url: '' }
  #outcomePage: string | undefined
  readonly #settle: Settle

  constructor(options: SignInOptions, redirectPath: string) {
    this.#options = options
    this.#redirectPath = redirectPath
    this.#pending = new PendingSignIn(options.account.user)
    const settle: Partial<Settle> = {}
    this.outcome = new Promise((resolve, reject) => {
      Object.assign(settle, { resolve, reject })
    })
    this.#settle = settle as Settle
  }

  /** Asks the provider for the address of its own page. */
  async prepare(server: LoopbackServer, redirectUri: string): Promise<void> {
    this.#server = server
    this.#redirectUri = redirectUri
    const { account, startAuthorization } = this.#options
    const { state, nonce, codeChallenge } = this.#pending
    this.#authorization = await startAuthorization({
      account,
      redirectUri,
      state,
      nonce,
      codeChallenge,
    })
  }

  answer(path: string, query: URLSearchParams): LoopbackAnswer {
    if (path === this.startPath) return this.#showStart()
    if (path === this.#outcomePath) return this.#showOutcome()
    if (path === this.#redirectPath && query.size > 0) return this.#receive(query)
    return { status: 404, headers: pageHeaders, body: strangerPage() }
  }

  /** Ends without a grant. */
  end(error: CmsOauthError): void {
    this.#finish(failurePage(this.#options.account, error), () => this.#settle.reject(error))
  }

  #showStart(): LoopbackAnswer {
    if (this.#outcomePage !== undefined) return this.#showOutcome()
    const { account, onStep } = this.#options
    onStep('page_opened')
    return ok(startPage(account, this.#authorization.url))
  }

  #receive(query: URLSearchParams): LoopbackAnswer {
    if (this.#outcomePage !== undefined) return this.#showOutcome()
    const answer = this.#pending.receive(query, this.#authorization.issuer)
    switch (answer.kind) {
      case 'foreign':
        return { status: 400, headers: pageHeaders, body: strangerPage() }
      case 'refused':
        this.end(answer.error)
        break
      case 'code':
        this.#options.onStep('code_received')
        void this.#redeem(answer.code)
        break
    }
    // The code drops out of the browser's history with this redirect.
    return { status: 303, headers: { ...pageHeaders, location: this.#outcomePath }, body: '' }
  }

  async #redeem(code: string): Promise<void> {
    const { account, redeemCode } = this.#options
    const { nonce, codeVerifier } = this.#pending
    try {
      const refreshed = await redeemCode({
        account,
        redirectUri: this.#redirectUri,
        nonce,
        code,
        codeVerifier: codeVerifier.reveal(),
      })
      this.#finish(successPage(account), () => this.#settle.resolve(refreshed))
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      this.end(error)
    }
  }

  #showOutcome(): LoopbackAnswer {
    if (this.#outcomePage === undefined) return ok(waitingPage(this.#outcomePath))
    // Seen once, it has done its work: the server ends when this answer is out.
    setTimeout(() => this.#server?.close(), 1_000).unref()
    return ok(this.#outcomePage)
  }

  #finish(page: string, settle: () => void): void {
    if (this.#outcomePage !== undefined) return
    this.#outcomePage = page
    setTimeout(() => this.#server?.close(), outcomePageLimitMs).unref()
    settle()
  }
}

function ok(body: string): LoopbackAnswer {
  return { status: 200, headers: pageHeaders, body }
}
