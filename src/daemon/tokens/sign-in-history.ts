import { isNewer } from '../../accounts/newer-token.ts'
import type { FreshToken, TokenStage } from '../../messages/renewer-jobs.ts'

/** What an answer said beside its access token. */
type KnownAnswer = Omit<FreshToken, 'accessToken' | 'isNewerInDoubt'>

/** What is known of an account's sign-in beside the token in force: it stays when that has expired. */
export class SignInHistory {
  #newest: KnownAnswer | undefined
  #lastRefreshAt: number | undefined
  #signedInAt: number | undefined

  /** Of the newest answer; undefined: there was none, or it was forgotten. */
  get newest(): KnownAnswer | undefined {
    return this.#newest
  }

  /** Which token is here, where hosts count them. */
  get stage(): { known?: TokenStage } {
    const { number, signedInAt } = this.#newest ?? {}
    if (number === undefined) return {}
    return { known: { number, ...(signedInAt === undefined ? {} : { signedInAt }) } }
  }

  /** True where a token that another host got is newer. */
  isBehind(shared: FreshToken): boolean {
    return isNewer(shared, this.#newest)
  }

  /** Epoch ms of the newest success; undefined: not known. */
  get lastRefreshAt(): number | undefined {
    return this.#lastRefreshAt
  }

  /** Epoch ms of the sign-in; undefined: signed out. */
  get signedInAt(): number | undefined {
    return this.#signedInAt
  }

  /** Begins with what the store knows, or goes on with a newer sign-in; `refreshedAt` 0: never yet. */
  resume(signedInAt: number | undefined, refreshedAt: number | undefined): void {
    this.#signedInAt = signedInAt
    this.#lastRefreshAt = refreshedAt === 0 ? undefined : refreshedAt
  }

  /** Adds an answer that came at this moment. */
  add(refreshed: FreshToken, at: number): void {
    const { accessToken: _, isNewerInDoubt: __, ...newest } = refreshed
    this.#newest = newest
    this.#lastRefreshAt = at
    this.#signedInAt = refreshed.signedInAt
  }

  /** Says that the newest record reached the disk after all. */
  markDurable(): void {
    if (this.#newest !== undefined) this.#newest = { ...this.#newest, isDurable: true }
  }

  /** Forgets all of it. */
  clear(): void {
    this.#newest = undefined
    this.resume(undefined, undefined)
  }
}
