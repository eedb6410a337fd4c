import type { CmsOauthError } from '../errors.ts'
import type { Log, LogFields } from '../logging/log.ts'

const windowMs = 10_000
const linesPerWindow = 10

/** Logs why requests were refused: the first ones of each ten seconds, and how many more there were. */
export class RefusalLog {
  readonly #log: Log
  #windowEndsAt = 0
  #lines = 0
  #unlogged = 0

  constructor(log: Log) {
    this.#log = log
  }

  /** Notes one refused request. */
  add(error: CmsOauthError, fields: LogFields): void {
    const now = performance.now()
    if (now >= this.#windowEndsAt) this.#openWindow(now)
    if (this.#lines >= linesPerWindow) {
      this.#unlogged++
      return
    }
    this.#lines++
    this.#log.warn('token.refused', { ...fields, code: error.code, message: error.message })
  }

  #openWindow(now: number): void {
    if (this.#unlogged > 0) this.#log.warn('token.refused_more', { count: this.#unlogged })
    this.#windowEndsAt = now + windowMs
    this.#lines = 0
    this.#unlogged = 0
  }
}
