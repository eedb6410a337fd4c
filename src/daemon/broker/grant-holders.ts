import { type Account, signInOwner } from '../../accounts/account.ts'
import type { Log } from '../../logging/log.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import type { AccountToken } from '../tokens/account-token.ts'
import type { TokenKeeper } from '../tokens/token-keeper.ts'
import type { SignInChanges } from './sign-in-changes.ts'

/** Those who have their tokens by a sign-in: the account that signs in, and all that use it. */
export class GrantHolders {
  readonly #keeper: TokenKeeper
  readonly #log: Log
  readonly #changes: SignInChanges
  /** Epoch ms of each account's newest logout. */
  readonly #forgottenAt = new Map<string, number>()

  constructor(keeper: TokenKeeper, log: Log, changes: SignInChanges) {
    this.#keeper = keeper
    this.#log = log
    this.#changes = changes
  }

  /** Takes a grant that was asked for under `account`; a reload may have changed the entry since. */
  accept(token: AccountToken, account: Account, refreshed: FreshToken): void {
    if (refreshed.identity === undefined) {
      const reason = 'the provider told no address to compare'
      this.#log.warn('sign_in.address_unknown', { user: account.user, reason })
    }
    this.#take(token, account, refreshed)
  }

  /**
   * Takes what came after its job had been answered, as if the job had succeeded. It is dropped where
   * the account is gone, or was signed out or signed in meanwhile.
   */
  acceptLate(account: Account, refreshed: FreshToken): void {
    const token = this.#keeper.find(account.user)
    if (token === undefined) return
    const { signedInAt = Infinity } = refreshed
    const owner = signInOwner(account)
    if (signedInAt <= (this.#forgottenAt.get(owner) ?? -1)) return
    if (signedInAt < (token.signedInAt ?? 0)) return
    this.#take(token, account, refreshed)
  }

  /** Takes up what is sealed in the store since a moment, epoch ms. */
  resume(owner: string, signedInAt: number): void {
    this.#changes.note(owner, signedInAt)
    for (const token of this.#all(owner)) token.resume(signedInAt)
  }

  /** Notes that the newest record is on the disk. */
  markDurable(owner: string): void {
    for (const token of this.#all(owner)) token.markDurable()
  }

  /** All of them are signed out. */
  forget(owner: string): void {
    this.#forgottenAt.set(owner, Date.now())
    this.#changes.note(owner, undefined)
    for (const token of this.#all(owner)) token.forget('logout')
  }

  #take(token: AccountToken, account: Account, refreshed: FreshToken): void {
    const { signedInAt } = refreshed
    if (signedInAt !== undefined) this.#changes.note(signInOwner(account), signedInAt)
    const current = this.#keeper.find(account.user)
    if (current === token && token.account === account) token.accept(refreshed)
    else current?.resume(refreshed.signedInAt)
    for (const other of this.#othersWith(account.user)) other.resume(refreshed.signedInAt)
  }

  #all(owner: string): AccountToken[] {
    const own = this.#keeper.find(owner)
    return [...(own === undefined ? [] : [own]), ...this.#othersWith(owner)]
  }

  #othersWith(owner: string): AccountToken[] {
    return [...this.#keeper.all()].filter(({ account }) => account.signInWith === owner)
  }
}
