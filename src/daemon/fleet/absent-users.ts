import type { Log } from '../../logging/log.ts'
import type { TokenKeeper } from '../tokens/token-keeper.ts'
import type { FollowerNews } from './follower-child.ts'

/**
 * Of whom there is no token in the engine, and none here that outlives it: what is gone with the engine's
 * data, as after a restore, was not signed out, and is good until it expires, whatever is listed again.
 */
export class AbsentUsers {
  readonly #keeper: Pick<TokenKeeper, 'find'>
  readonly #log: Log
  /** Whose tokens are gone with the engine's data. */
  #lost: ReadonlySet<string> = new Set()

  constructor(keeper: Pick<TokenKeeper, 'find'>, log: Log) {
    this.#keeper = keeper
    this.#log = log
  }

  /** Who is absent by a list. */
  of({ absent, isOlder = false }: Extract<FollowerNews, { type: 'listed' }>): ReadonlySet<string> {
    const isLost = (user: string) =>
      (isOlder || this.#lost.has(user)) && this.#keeper.find(user)?.servable !== undefined
    this.#lost = new Set(absent.filter(isLost))
    if (isOlder) this.#log.warn('fleet.engine_older', { count: this.#lost.size })
    return new Set(absent.filter((user) => !this.#lost.has(user)))
  }

  /** There is a token of the user by now, or there was a logout. */
  noteNews(user: string): void {
    if (this.#lost.has(user)) this.#lost = new Set([...this.#lost].filter((one) => one !== user))
  }
}
