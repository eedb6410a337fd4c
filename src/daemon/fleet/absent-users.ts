import type { Log } from '../../logging/log.ts'
import type { TokenKeeper } from '../tokens/token-keeper.ts'
import type { FollowerNews } from './follower-child.ts'

/**
 * The users without a token in the engine. Those whose tokens were lost with the engine's data, as after a
 * restore, are not among them: they were not signed out, and the token that is here is good until it
 * expires.
 */
export class AbsentUsers {
  readonly #keeper: Pick<TokenKeeper, 'find'>
  readonly #log: Log
  /** Of whom there is no token; undefined: not known yet. */
  #users: ReadonlySet<string> | undefined
  /** Whose tokens are gone with the engine's data. */
  #lost: ReadonlySet<string> = new Set()

  constructor(keeper: Pick<TokenKeeper, 'find'>, log: Log) {
    this.#keeper = keeper
    this.#log = log
  }

  /** By the last list, without those of whom something was told since; undefined: there was none. */
  get users(): ReadonlySet<string> | undefined {
    return this.#users
  }

  /** Takes a list. */
  takeList({ absent, isOlder = false }: Extract<FollowerNews, { type: 'listed' }>): void {
    const isLost = (user: string) =>
      (isOlder || this.#lost.has(user)) && this.#keeper.find(user)?.servable !== undefined
    this.#lost = new Set(absent.filter(isLost))
    if (isOlder) this.#log.warn('fleet.engine_older', { count: this.#lost.size })
    this.#users = new Set(absent.filter((user) => !this.#lost.has(user)))
  }

  /** All is listed again. */
  forgetList(): void {
    this.#users = undefined
  }

  /** There is a token of the user by now, or there was a logout: what the list says of the user is old. */
  noteNews(user: string): void {
    this.#lost = without(this.#lost, user)
    this.#users = this.#users && without(this.#users, user)
  }
}

function without(users: ReadonlySet<string>, user: string): ReadonlySet<string> {
  return users.has(user) ? new Set([...users].filter((one) => one !== user)) : users
}
