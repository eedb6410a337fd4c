import type { Account } from '../../accounts/account.ts'
import { isCmsOauthError } from '../../errors.ts'
import type { Log } from '../../logging/log.ts'
import type { SignInProgress } from '../../messages/control-api.ts'
import { Invitations } from '../sign-in/invitations.ts'
import { errorFields } from './error-fields.ts'
import { InvitedSignIns } from './invited-sign-ins.ts'
import { type Notice, Notifier } from './notifier.ts'

interface NoticesOptions {
  log: Log
  /** `[notify] command` of the configuration in force. */
  command: () => readonly string[]
  findAccount: (user: string) => Account | undefined
  /** The daemon's page of a sign-in that is open for the account already. */
  findPage: (user: string) => string | undefined
  signIn: (user: string) => AsyncIterable<SignInProgress>
}

/** What people are told, and the pages that they can sign in from when they were told to. */
export class Notices {
  readonly #log: Log
  readonly #notifier: Notifier
  readonly #invitations: Invitations

  constructor({ log, command, findAccount, findPage, signIn }: NoticesOptions) {
    const signIns = new InvitedSignIns({ findPage, signIn })
    this.#log = log
    this.#invitations = new Invitations({ findAccount, begin: (user) => signIns.begin(user) })
    this.#notifier = new Notifier({ log, command, pageUrl: (notice) => this.#openPage(notice) })
  }

  /** Has the command run. False where there is none. */
  notify(notice: Notice): boolean {
    return this.#notifier.notify(notice)
  }

  /** Ends the page of an account that works again, or is gone, and what was still to be said of it. */
  withdrawPage(user: string): void {
    this.#invitations.withdraw(user)
    this.#notifier.letRest(user)
  }

  /** Where a person begins another sign-in after one that failed; undefined: no page can be had. */
  retryUrl(user: string): Promise<string | undefined> {
    return this.#invitations.retryUrl(user)
  }

  /** Ends all pages. */
  close(): void {
    this.#invitations.close()
  }

  async #openPage({ event, user }: Notice): Promise<string | undefined> {
    if (event !== 'sign_in_required') return undefined
    try {
      return await this.#invitations.open(user)
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      this.#log.warn('sign_in.page_failed', { user, ...errorFields(error) })
      return undefined
    }
  }
}
