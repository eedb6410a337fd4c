import { type Account, needsSignIn, signInOwner } from '../../accounts/account.ts'
import { keepsGrant } from '../../accounts/keeps-grant.ts'
import type { Log } from '../../logging/log.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import type { AccountToken } from '../tokens/account-token.ts'
import type { TokenKeeper } from '../tokens/token-keeper.ts'
import type { StoredSignIns } from './stored-sign-ins.ts'

/** Those who have their tokens by a sign-in: the account that signs in, and all that use it. */
export class GrantHolders {
  readonly #keeper: TokenKeeper
  readonly #log: Log
  readonly #stored: StoredSignIns

  constructor(keeper: TokenKeeper, log: Log, stored: StoredSignIns) {
    this.#keeper = keeper
    this.#log = log
    this.#stored = stored
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
   * the account was signed out or signed in meanwhile.
   */
  acceptLate(account: Account, refreshed: FreshToken): void {
    const token = this.#keeper.find(account.user)
    const { signedInAt = Infinity } = refreshed
    if (this.#stored.isForgotten(signInOwner(account), signedInAt)) return
    if (signedInAt < (token?.history.signedInAt ?? 0)) return
    this.#take(token, account, refreshed)
  }

  /** Takes up what is sealed in the store since a moment, epoch ms. */
  resume(owner: string, signedInAt: number): void {
    const issuer = this.#keeper.find(owner)?.account.issuer
    this.#stored.note(owner, { signedInAt, ...(issuer === undefined ? {} : { issuer }) })
    for (const token of this.#all(owner)) token.resume(signedInAt)
  }

  /** Notes that the newest record is on the disk. */
  markDurable(owner: string): void {
    for (const token of this.#all(owner)) token.markDurable()
  }

  /** All of them are signed out. */
  forget(owner: string): void {
    this.#stored.forget(owner)
    for (const token of this.#all(owner)) token.forget('logout')
  }

  /** Sealed it is in any case: an account that is gone leaves a sign-in that nobody uses. */
  #take(token: AccountToken | undefined, account: Account, refreshed: FreshToken): void {
    const { signedInAt } = refreshed
    const { issuer } = account
    if (signedInAt !== undefined) this.#stored.note(signInOwner(account), { signedInAt, issuer })
    const current = this.#keeper.find(account.user)
    if (current === token && token?.account === account) token.accept(refreshed)
    else if (current !== undefined && keepsGrant(account, current.account)) {
      current.resume(refreshed.signedInAt)
    }
    for (const holder of this.#all(account.user)) {
      if (holder !== current) holder.resume(refreshed.signedInAt)
    }
  }

  /** Whoever signs in first; an account that a reload gave another way to its tokens is none of them. */
  #all(owner: string): AccountToken[] {
    return this.#keeper.holdersOf(owner).filter(({ account }) => needsSignIn(account))
  }
}
