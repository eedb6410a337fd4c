import type { CmsOauthError } from '../../errors.ts'
import type { Log, LogFields } from '../../logging/log.ts'

const windowMs = 60_000
const linesPerWindow = 10

/**
 * Logs why requests were refused: for each account the first of every code in a minute, whatever
 * another client does; of all others the first ones, then how many more there were.
 */
export class RefusalLog {
  readonly #log: Log
  readonly #path: string
  /** Accounts that are configured, and codes: there are only so many. */
  readonly #logged = new Set<string>()
  #windowEndsAt = 0
  #lines = 0
  #unlogged = 0

  constructor(log: Log, path: string) {
    this.#log = log
    this.#path = path
  }

  /** Notes one refused request; `now` in ms of runningMs(). */
  add(error: CmsOauthError, fields: LogFields, now: number): void {
    this.sweep(now)
    if (this.#lines === 0 && this.#logged.size === 0) this.#windowEndsAt = now + windowMs
    const isNews = this.#isNews(error, fields)
    if (!isNews && this.#lines >= linesPerWindow) {
      this.#unlogged++
      return
    }
    if (!isNews) this.#lines++
    this.#log.warn('token.refused', {
      ...fields,
      path: this.#path,
      code: error.code,
      message: error.message,
    })
  }

  /** Says what a window that is over left out; true while there is more to say later. */
  sweep(now: number): boolean {
    if (now < this.#windowEndsAt) return this.#unlogged > 0
    if (this.#unlogged > 0) {
      this.#log.warn('token.refused_more', { path: this.#path, count: this.#unlogged })
    }
    this.#logged.clear()
    this.#lines = 0
    this.#unlogged = 0
    return false
  }

  /** Whoever asks may invent addresses without end: what names none of ours is never news. */
  #isNews({ code }: CmsOauthError, { user }: LogFields): boolean {
    if (typeof user !== 'string' || code === 'account_unknown') return false
    const key = `${code} ${user}`
    if (this.#logged.has(key)) return false
    this.#logged.add(key)
    return true
  }
}
