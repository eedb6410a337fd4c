import { isCmsOauthError } from '../../errors.ts'
import { errorFields } from '../../logging/error-fields.ts'
import type { Log } from '../../logging/log.ts'
import { type Notice, Notifier } from './notifier.ts'

interface NoticesOptions {
  log: Log
  /** `[notify] command` of the configuration in force. */
  command: () => readonly string[]
  /** The URL of a new page from which a person can sign in. @throws CmsOauthError */
  openPage: (user: string) => Promise<string | undefined>
  /** Closes it. */
  withdrawPage: (user: string) => void
}

/** What people are told, with a page to sign in from where they are told to. */
export class Notices {
  readonly #options: NoticesOptions
  readonly #notifier: Notifier

  constructor(options: NoticesOptions) {
    const { log, command } = options
    this.#options = options
    this.#notifier = new Notifier({ log, command, pageUrl: (notice) => this.#openPage(notice) })
  }

  /** Runs the command. False where there is none. */
  notify(notice: Notice): boolean {
    return this.#notifier.notify(notice)
  }

  /** Closes the page of an account that works again, or is gone, and drops what was still to be said of it. */
  withdraw(user: string): void {
    this.#options.withdrawPage(user)
    this.#notifier.letRest(user)
  }

  async #openPage({ event, user }: Notice): Promise<string | undefined> {
    if (event !== 'sign_in_required') return undefined
    try {
      return await this.#options.openPage(user)
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      this.#options.log.warn('sign_in.page_failed', { user, ...errorFields(error) })
      return undefined
    }
  }
}
