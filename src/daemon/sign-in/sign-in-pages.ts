import { randomBytes } from 'node:crypto'
import type { Account } from '../../accounts/account.ts'
import {
  type LoopbackServer,
  openLoopbackServer,
  type Reply,
  type Route,
} from './loopback-server.ts'
import { canBeRetried, completedPage, failurePage, noSuchPage, strayPage } from './outcome-page.ts'
import { endsElsewhere, fixedPortOf, redirectUriAt } from './redirect-uri.ts'
import { cannotListen } from './sign-in-failure.ts'
import type { SignInEnd } from './sign-in-state.ts'
import { startPage } from './start-page.ts'
import { unguessablePath } from './unguessable-path.ts'

interface SignInPagesOptions {
  account: Account
  /** The browser is on another machine, and what it ends at is pasted: nothing listens here. */
  isElsewhere: boolean
  /** Where the page listens, on both loopback addresses; a port in the redirect URI goes first. */
  listen: { port: number }
  /** Where a person begins another sign-in of the account; undefined: nowhere. */
  retryUrl?: (() => Promise<string | undefined>) | undefined
  /** Somebody is at the page: where it leads; undefined: nowhere any more. */
  visit: () => Promise<string | undefined>
  /** Takes what came at the redirect URI; false: it is not of this sign-in. */
  receive: (parameters: URLSearchParams) => boolean
  ended: Promise<SignInEnd>
}

/** How long the page outlives its outcome, so that Back and Reload still find it. */
const lingerMs = 120_000
/** The same where nobody finished it: who comes back late from the provider is to find it. */
const lingerForLateMs = 3_600_000
/** The same at a fixed port, until somebody has fetched it or the next sign-in needs the port. */
const lingerAtFixedPortMs = 30_000

/** What a browser of this machine finds of a sign-in: its page, the redirect URI, and the outcome. */
export class SignInPages {
  /** By fixed port of this process: the pages of a sign-in that is over. */
  static readonly #lingering = new Map<number, SignInPages>()
  readonly #options: SignInPagesOptions
  readonly #port: number
  readonly #pagePath = unguessablePath()
  readonly #outcomePath = unguessablePath()
  #server: LoopbackServer | undefined

  constructor(options: SignInPagesOptions) {
    const { account, listen } = options
    this.#options = options
    this.#port = fixedPortOf(account) ?? listen.port
  }

  /** Without a page where the browser is elsewhere. @throws SignInFailedError where no port can be had */
  async open(): Promise<{ pageUrl?: string; redirectUri: string }> {
    const { account, isElsewhere } = this.#options
    if (isElsewhere || endsElsewhere(account)) {
      return { redirectUri: redirectUriAt(account, this.#port || dynamicPort()) }
    }
    const { hostname, pathname } = new URL(account.redirectUri)
    const routes = new Map<string, Route>([
      [this.#pagePath, () => this.#showPage()],
      [this.#outcomePath, () => this.#showOutcome()],
      [pathname, (parameters) => this.#receive(parameters)],
    ])
    const served = { hostname, port: this.#port, routes, elsewhere: noSuchPage }
    const older = SignInPages.#lingering.get(this.#port)
    if (older !== undefined) older.#close()
    const server = await openLoopbackServer(served).catch((error: unknown) => {
      throw cannotListen(account.user, this.#port, error)
    })
    this.#server = server
    return {
      pageUrl: `${server.origin}${this.#pagePath}`,
      redirectUri: redirectUriAt(account, server.port),
    }
  }

  /** Closes them soon; `isAwaited` where a browser has brought an answer, and is sure to come. */
  closeSoon(end: SignInEnd, isAwaited: boolean): void {
    // The next sign-in needs a port that is fixed.
    const atFixedPortMs = isAwaited ? lingerAtFixedPortMs : 0
    const isLate = end.name === 'failed' && end.failure.kind === 'expired'
    const atFreePortMs = isLate ? lingerForLateMs : lingerMs
    const closeAfterMs = this.#hasFixedPort ? atFixedPortMs : atFreePortMs
    if (this.#hasFixedPort && isAwaited) SignInPages.#lingering.set(this.#port, this)
    setTimeout(() => this.#close(), closeAfterMs).unref()
  }

  #close(): void {
    this.#server?.close()
    this.#server = undefined
    if (SignInPages.#lingering.get(this.#port) === this) SignInPages.#lingering.delete(this.#port)
  }

  get #hasFixedPort(): boolean {
    return this.#port !== 0
  }

  async #showPage(): Promise<Reply> {
    const url = await this.#options.visit()
    return url === undefined ? this.#showOutcome() : startPage(this.#options.account, url)
  }

  /**
   * Answers at once and elsewhere, so that the code leaves the history and a reload repeats nothing;
   * the page it leads to is sent when the outcome is there, which takes at most 20 s.
   */
  #receive(parameters: URLSearchParams): Reply {
    if (!this.#options.receive(parameters)) return strayPage()
    return { status: 303, headers: { location: this.#outcomePath }, body: '' }
  }

  async #showOutcome(): Promise<Reply> {
    const { account, retryUrl, ended } = this.#options
    const end = await ended
    const reply =
      end.name === 'completed'
        ? completedPage(account, end.refreshed)
        : failurePage(
            account,
            end.failure,
            canBeRetried(end.failure) ? await retryUrl?.() : undefined,
          )
    return this.#hasFixedPort ? { ...reply, onSent: () => this.#close() } : reply
  }
}

/** One of 49152 to 65535, where nothing is registered (RFC 6335 section 6). */
function dynamicPort(): number {
  return 49_152 + (randomBytes(2).readUInt16BE() % 16_384)
}
