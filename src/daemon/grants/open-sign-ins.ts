import type { Account } from '../../accounts/account.ts'
import type { SignInMethod } from '../../accounts/sign-in-method.ts'
import { isCmsOauthError, SignInFailedError } from '../../errors.ts'
import type { Log } from '../../logging/log.ts'
import type { SignInProgress } from '../../messages/control-api.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import { errorToWire } from '../../shapes/wire-error.ts'
import type { RenewerHandle } from '../processes/renewer-handle.ts'
import type { SignInStep } from '../sign-in/browser-sign-in.ts'
import { completed } from './completed-sign-in.ts'
import { errorFields } from '../../logging/error-fields.ts'
import { type OpenSignIn, openSignIn } from './open-sign-in.ts'
import { ProgressQueue } from './progress-queue.ts'

interface OpenSignInsOptions {
  renewer: RenewerHandle
  log: Log
  /** From the configuration in force. */
  listen: () => { port: number }
}

/** How one is opened, and by whom. */
export interface SignInRequest {
  /** Absent: as the account's `grant` says. */
  method?: SignInMethod | undefined
  /** Whoever asked cancels it. */
  signal: AbortSignal
  /** Where a person begins another one after one that failed. */
  retryUrl: () => Promise<string | undefined>
}

interface Entry {
  opening: Promise<OpenSignIn>
  /** Once it is open. */
  opened?: OpenSignIn
}

/** The open sign-ins, at most one for an account: a newer one takes the place of an older. */
export class OpenSignIns {
  readonly #options: OpenSignInsOptions
  readonly #open = new Map<string, Entry>()

  constructor(options: OpenSignInsOptions) {
    this.#options = options
  }

  /** The daemon's page of the account's open sign-in; undefined: none is open, or it goes on elsewhere. */
  findPage(user: string): string | undefined {
    return this.#open.get(user)?.opened?.pageUrl
  }

  /**
   * Opens a sign-in and yields its progress up to the last line; `accept` takes the grant before
   * that line says so, and whenever one was sealed. Aborting `signal` ends the sign-in, unless the
   * person has done their part, or may be doing it elsewhere with a device code.
   */
  async *run(
    account: Account,
    { method: wanted, signal, retryUrl }: SignInRequest,
    accept: (refreshed: FreshToken) => void,
  ): AsyncIterable<SignInProgress> {
    const { renewer, log, listen } = this.#options
    const { user, grant } = account
    const method = wanted ?? (grant === 'device_code' ? 'device' : 'browser')
    this.cancel(user)
    const queue = new ProgressQueue<SignInProgress>()
    let mayGiveUp = method !== 'device'
    const onStep = (event: SignInStep) => {
      mayGiveUp &&= event !== 'code_received'
      queue.push({ event })
    }
    const sources = { renewer, listen: listen(), accept }
    const opening = openSignIn({ account, method, ...sources, onStep, retryUrl })
    const entry: Entry = { opening }
    this.#open.set(user, entry)
    const giveUp = () => {
      if (mayGiveUp) cancel(opening, `the sign-in of "${user}" was cancelled`)
    }
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp)
    try {
      const opened = await opening
      entry.opened = opened
      queue.push(await opened.announcement())
      const settled = opened.outcome.finally(() => queue.end())
      settled.catch(() => {})
      yield* queue
      yield completed(account, await settled)
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      log.warn('sign_in.failed', { user, ...errorFields(error) })
      yield { event: 'failed', error: errorToWire(error) }
    } finally {
      if (this.#open.get(user) === entry) this.#open.delete(user)
    }
  }

  /**
   * Takes the redirect URI that a browser elsewhere ended at.
   * @throws SignInFailedError where none waits for it, RequestInvalidError for one that is not its
   */
  redirect({ user }: Account, url: string): void {
    const redirect = this.#open.get(user)?.opened?.redirect
    if (redirect === undefined) {
      throw new SignInFailedError(`no sign-in of "${user}" waits for an address`, {
        hint: `run "cms-oauth login ${user} --paste"`,
      })
    }
    redirect(url)
  }

  /** Ends the open sign-in of an account, if there is one, and says why. */
  cancel(user: string, why = `this sign-in of "${user}" was superseded by a newer one`): void {
    const entry = this.#open.get(user)
    if (entry !== undefined) cancel(entry.opening, why)
  }

  /** Ends all that are open, because the daemon ends. */
  cancelAll(): void {
    for (const [user, { opening }] of this.#open) {
      const hint = 'start it, and sign in again'
      cancel(opening, `cms-oauthd was stopped during the sign-in of "${user}"`, hint)
    }
  }
}

function cancel(
  opening: Promise<OpenSignIn>,
  message: string,
  hint = 'look for a newer page, or sign in again',
): void {
  const error = new SignInFailedError(message, { hint })
  // One that could not be opened needs no end.
  opening.then((opened) => opened.cancel(error)).catch(() => {})
}
