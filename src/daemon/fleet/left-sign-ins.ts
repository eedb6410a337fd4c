import type { CmsOauthError } from '../../errors.ts'
import { isCmsOauthError } from '../../errors.ts'
import type { RecordSummary } from '../../messages/renewer-jobs.ts'
import { backOffMs } from '../../schedule/back-off.ts'

interface LeftSignInsOptions {
  /** Which of these users have a sign-in in the store. @throws CmsOauthError */
  read: (users: readonly string[]) => Promise<RecordSummary[]>
  /** Told of those that have one. */
  onFound: (records: RecordSummary[]) => void
  /** Told when the store cannot be read, once until it can; it is tried again. */
  onUnread: (error: CmsOauthError) => void
  pauses: { shortestMs: number; longestMs: number }
}

/**
 * Whose token is gone from the store that hosts share: a logout takes the sign-in away with it. Whatever else
 * does that takes only the token, and the sign-in is good.
 */
export class LeftSignIns {
  readonly #options: LeftSignInsOptions
  readonly #users = new Set<string>()
  #isReading = false
  #isStopped = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: LeftSignInsOptions) {
    this.#options = options
  }

  /** Looks soon whether there is a sign-in of this user. */
  look(user: string): void {
    this.#users.add(user)
    if (!this.#isReading && this.#timer === undefined) void this.#read(1)
  }

  /** Looks for nothing any more. */
  stop(): void {
    this.#isStopped = true
    this.#users.clear()
    clearTimeout(this.#timer)
  }

  /** What is asked for meanwhile is read next: what was read before may be old by then. */
  async #read(tries: number): Promise<void> {
    this.#timer = undefined
    this.#isReading = true
    const { read, onFound, onUnread, pauses } = this.#options
    const users = [...this.#users]
    this.#users.clear()
    try {
      const records = await read(users)
      if (this.#isStopped) return
      this.#isReading = false
      onFound(records.filter(({ user }) => !this.#users.has(user)))
      if (this.#users.size > 0) void this.#read(1)
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      if (this.#isStopped) return
      this.#isReading = false
      if (tries === 1) onUnread(error)
      for (const user of users) this.#users.add(user)
      const delayMs = backOffMs(tries, undefined, Math.random, pauses)
      this.#timer = setTimeout(() => void this.#read(tries + 1), delayMs)
      this.#timer.unref()
    }
  }
}
