import { isCmsOauthError } from '../errors.ts'
import { errorFields } from '../logging/error-fields.ts'
import type { Log } from '../logging/log.ts'

interface SocketWatchOptions {
  /** The paths that lead to none of our sockets any more. */
  lost: () => Promise<string[]>
  /** Opens those again. @throws CmsOauthError where one of them cannot be */
  restore: () => Promise<void>
  log: Log
  everyMs?: number
}

/**
 * Checks every 30 s whether the paths of the sockets still lead to them: a directory below /run ends with the
 * last login of its user, a cleaner may take a name, and another process may have put its own socket there.
 * What is lost is told once, and opened again as soon as that is possible.
 */
export class SocketWatch {
  readonly #options: SocketWatchOptions
  readonly #timer: NodeJS.Timeout
  #told: ReadonlySet<string> = new Set()
  #isBusy = false
  #isStopped = false

  constructor(options: SocketWatchOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.#look(), options.everyMs ?? 30_000).unref()
  }

  /** Stops checking. A check under way ends with the sockets, and logs nothing more. */
  stop(): void {
    this.#isStopped = true
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    if (this.#isBusy) return
    this.#isBusy = true
    try {
      const lost = await this.#options.lost()
      const still = lost.length > 0 ? await this.#restore(lost) : []
      this.#told = new Set(still)
    } finally {
      this.#isBusy = false
    }
  }

  /** @returns those that are still lost */
  async #restore(lost: readonly string[]): Promise<string[]> {
    const { log, restore } = this.#options
    const news = lost.filter((path) => !this.#told.has(path))
    for (const path of news) log.warn('socket.lost', { path })
    try {
      await restore()
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      if (this.#isStopped) return []
      if (news.length > 0) log.error('socket.not_restored', errorFields(error))
    }
    const still = await this.#options.lost()
    if (this.#isStopped) return still
    for (const path of lost) if (!still.includes(path)) log.info('socket.restored', { path })
    return still
  }
}
