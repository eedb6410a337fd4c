import type { Account } from '../accounts/account.ts'
import type { SignInProgress } from '../control/api.ts'
import { errorToWire, isCmsOauthError, SignInFailedError } from '../errors.ts'
import type { Log } from '../logging/log.ts'
import type { Renewer } from '../renewer/client.ts'
import type { Refreshed } from '../renewer/messages.ts'
import { type SignIn, startSignIn } from '../sign-in/sign-in.ts'
import { ProgressQueue } from './progress-queue.ts'

type StartOptions = Parameters<typeof startSignIn>[0]

interface SignInsOptions {
  renewer: Renewer
  log: Log
  /** From the configuration in force. */
  listen: () => { port: number }
}

/** The open sign-ins, one for an account at the most: a newer one takes the place of an older. */
export class SignIns {
  readonly #options: SignInsOptions
  readonly #open = new Map<string, { signIn: Promise<SignIn>; url?: string }>()

  constructor(options: SignInsOptions) {
    this.#options = options
  }

  /** The page of the account's open sign-in; undefined: none is open. */
  pageUrl(user: string): string | undefined {
    return this.#open.get(user)?.url
  }

  /**
   * Opens a sign-in and yields its progress up to the last line; `accept` takes the grant before
   * that line says so, and whenever one was sealed. Aborting `signal` ends the sign-in, unless the
   * person has done their part.
   */
  async *run(
    account: Account,
    signal: AbortSignal,
    accept: (refreshed: Refreshed) => void,
  ): AsyncIterable<SignInProgress> {
    const { user } = account
    this.cancel(user)
    const queue = new ProgressQueue<SignInProgress>()
    let isAnswered = false
    const onStep: StartOptions['onStep'] = (event) => {
      isAnswered ||= event === 'code_received'
      queue.push({ event })
    }
    const signIn = this.#start(account, onStep, accept)
    const entry: { signIn: Promise<SignIn>; url?: string } = { signIn }
    this.#open.set(user, entry)
    const giveUp = () => {
      if (!isAnswered) cancel(signIn, `the sign-in of "${user}" was given up`)
    }
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp)
    try {
      const { pageUrl, outcome } = await signIn
      entry.url = pageUrl
      queue.push({ event: 'url', url: pageUrl })
      const settled = outcome.finally(() => queue.end())
      settled.catch(() => {})
      yield* queue
      const { expiresAt } = await settled
      yield { event: 'completed', user, expires_at: new Date(expiresAt).toISOString() }
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      const { code, message, hint } = error
      this.#options.log.warn('sign_in.failed', { user, code, message, hint })
      yield { event: 'failed', error: errorToWire(error) }
    } finally {
      if (this.#open.get(user) === entry) this.#open.delete(user)
    }
  }

  /** Ends the open sign-in of an account, if there is one. */
  cancel(user: string): void {
    const entry = this.#open.get(user)
    if (entry !== undefined) {
      cancel(entry.signIn, `a newer request ended this sign-in of "${user}"`)
    }
  }

  /** Ends all that are open. */
  cancelAll(): void {
    for (const user of this.#open.keys()) this.cancel(user)
  }

  #start(
    account: Account,
    onStep: StartOptions['onStep'],
    accept: (refreshed: Refreshed) => void,
  ): Promise<SignIn> {
    const { renewer, listen } = this.#options
    return startSignIn({
      account,
      listen: listen(),
      startAuthorization: (parameters) => renewer.run('start-authorization', parameters),
      redeemCode: async (parameters) => {
        const refreshed = await renewer.run('redeem-code', parameters)
        accept(refreshed)
        return refreshed
      },
      onStep,
    })
  }
}

function cancel(signIn: Promise<SignIn>, message: string): void {
  const error = new SignInFailedError(message, { hint: 'look for a newer page, or sign in again' })
  // One that could not be opened needs no end.
  signIn.then((opened) => opened.cancel(error)).catch(() => {})
}
