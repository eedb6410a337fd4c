import type { Account } from '../../accounts/account.ts'
import type { CmsOauthError } from '../../errors.ts'
import {
  type DeviceCode,
  deviceCodePage,
  invitationPage,
  notNeededPage,
} from './invitation-page.ts'
import {
  type LoopbackServer,
  openLoopbackServer,
  type Reply,
  type Route,
} from './loopback-server.ts'
import { canBeRetried, failurePage, noSuchPage } from './outcome-page.ts'
import { cannotListen, failureOf } from './sign-in-failure.ts'
import { unguessablePath } from './unguessable-path.ts'

/** Begins a sign-in, or takes up the one that is open. */
type Begin = () => Promise<Begun>

/** Where a sign-in that somebody began goes on. */
export type Begun =
  /** In a browser of this machine, which is sent there. */
  { pageUrl: string } | { code: DeviceCode } | { error: CmsOauthError } | 'not needed'

interface InvitationsOptions {
  /** The account as it is configured now. */
  findAccount: (user: string) => Account | undefined
  lifetimeMs?: number
}

interface Invitation {
  pagePath: string
  /** Begins a sign-in. */
  startPath: string
  timer: NodeJS.Timeout
}

/** As long as a notice is the newest one. */
const defaultLifetimeMs = 24 * 60 * 60_000
/** As long as a sign-in may take. */
const retryLifetimeMs = 600_000

/**
 * Pages that wait for a person to begin a sign-in, one for an account, all behind one port of 127.0.0.1
 * and [::1] that is open as long as there is one of them. To open such a page asks no provider for
 * anything; the link on it does. Never at a configured port, which the sign-in itself needs.
 */
export class Invitations {
  readonly #options: InvitationsOptions
  readonly #open = new Map<string, Invitation>()
  readonly #routes = new Map<string, Route>()
  #server: Promise<LoopbackServer> | undefined

  constructor(options: InvitationsOptions) {
    this.#options = options
  }

  /**
   * The URL of a new page, which takes the place of the account's older one; undefined where it was
   * withdrawn meanwhile.
   * @throws SignInFailedError where no port can be had
   */
  async open(user: string, begin: Begin): Promise<string | undefined> {
    const { lifetimeMs = defaultLifetimeMs } = this.#options
    const { pagePath } = this.#create(user, begin, lifetimeMs)
    return this.#urlOf(user, pagePath)
  }

  /**
   * The URL that begins another sign-in after one that failed: that of the account's open page, else one
   * of its own, for a few minutes. Undefined where it was withdrawn meanwhile, or no port can be had.
   */
  async retryUrl(user: string, begin: Begin): Promise<string | undefined> {
    const { startPath } = this.#open.get(user) ?? this.#create(user, begin, retryLifetimeMs)
    return this.#urlOf(user, startPath).catch(() => undefined)
  }

  #create(user: string, begin: Begin, lifetimeMs: number): Invitation {
    const [pagePath, startPath] = [unguessablePath(), unguessablePath()]
    this.#routes.set(pagePath, () => this.#show(user, startPath))
    this.#routes.set(startPath, () => this.#begin(user, begin, startPath))
    this.#forget(user)
    const timer = setTimeout(() => this.withdraw(user), lifetimeMs).unref()
    const invitation = { pagePath, startPath, timer }
    this.#open.set(user, invitation)
    return invitation
  }

  async #urlOf(user: string, path: string): Promise<string | undefined> {
    const invitation = this.#open.get(user)
    this.#server ??= openLoopbackServer({
      hostname: '127.0.0.1',
      port: 0,
      routes: this.#routes,
      elsewhere: noSuchPage,
    })
    try {
      const { origin } = await this.#server
      return this.#open.get(user) === invitation ? `${origin}${path}` : undefined
    } catch (error) {
      this.close()
      throw cannotListen(user, 0, error)
    }
  }

  /** Ends the page of an account, if there is one: it works again, or is gone. */
  withdraw(user: string): void {
    this.#forget(user)
    if (this.#open.size === 0) this.close()
  }

  /** Ends all of them. */
  close(): void {
    for (const user of this.#open.keys()) this.#forget(user)
    const server = this.#server
    this.#server = undefined
    // One that could not be opened needs no end.
    server?.then((opened) => opened.close()).catch(() => {})
  }

  #forget(user: string): void {
    const invitation = this.#open.get(user)
    if (invitation === undefined) return
    this.#open.delete(user)
    clearTimeout(invitation.timer)
    for (const path of [invitation.pagePath, invitation.startPath]) this.#routes.delete(path)
  }

  #show(user: string, startPath: string): Reply {
    const account = this.#options.findAccount(user)
    return account === undefined ? noSuchPage() : invitationPage(account, startPath)
  }

  async #begin(user: string, begin: Begin, startPath: string): Promise<Reply> {
    const begun = await begin()
    const account = this.#options.findAccount(user)
    if (account === undefined) return noSuchPage()
    if (begun === 'not needed') return notNeededPage(account)
    if ('error' in begun) {
      const failure = failureOf(user, begun.error)
      return failurePage(account, failure, canBeRetried(failure) ? startPath : undefined)
    }
    if ('code' in begun) return deviceCodePage(account, begun.code, Date.now())
    return { status: 303, headers: { location: begun.pageUrl }, body: '' }
  }
}
