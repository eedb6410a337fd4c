import { isCmsOauthError } from '../errors.ts'
import { errorFields } from '../logging/error-fields.ts'
import type { Log } from '../logging/log.ts'

interface SocketWatchOptions {
  /** The paths that lead to none of our sockets any more. */
  lost: () => Promise<string[]>
  /** Opens those again. @throws CmsOauthError */
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
  #told = ''
  #isBusy = false

  constructor(options: SocketWatchOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.#look(), options.everyMs ?? 30_000).unref()
  }

  /** Checks no more. */
  stop(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    if (this.#isBusy) return
    this.#isBusy = true
    try {
      const lost = await this.#options.lost()
      if (lost.length > 0) await this.#restore(lost)
      else this.#told = ''
    } finally {
      this.#isBusy = false
    }
  }

  async #restore(lost: readonly string[]): Promise<void> {
    const { log, restore } = this.#options
    const isNews = this.#told !== lost.join('\n')
    this.#told = lost.join('\n')
    if (isNews) for (const path of lost) log.warn('socket.lost', { path })
    try {
      await restore()
      for (const path of lost) log.info('socket.restored', { path })
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      if (isNews) log.error('socket.not_restored', errorFields(error))
    }
  }
}
