import type { Account } from '../../accounts/account.ts'
import type { CmsOauthError } from '../../errors.ts'
import type { Log } from '../../logging/log.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import type { TokenKeeper } from '../tokens/token-keeper.ts'
import type { GrantHolders } from './grant-holders.ts'

interface RenewerNewsOptions {
  keeper: TokenKeeper
  holders: GrantHolders
  log: Log
}

const notRevoked =
  'a refresh token came after the logout and could not be revoked: end the access on the page of the provider'

/** What a renewer reports unasked, and what follows from it. */
export class RenewerNews {
  readonly #options: RenewerNewsOptions

  constructor(options: RenewerNewsOptions) {
    this.#options = options
  }

  /** A record that the disk had refused reached it after all. */
  markDurable(user: string): void {
    const { holders, log } = this.#options
    holders.markDurable(user)
    log.info('store.durable', { user })
  }

  /** A refresh that was answered for before may have rotated. */
  acceptLost(user: string, error: CmsOauthError): void {
    this.#options.keeper.find(user)?.failLate(error)
  }

  /** A sign-in is sealed whose job failed: the answer was odd, not the grant. */
  acceptKept(user: string): void {
    const { holders, log } = this.#options
    log.warn('sign_in.kept', { user })
    holders.resume(user, Date.now())
  }

  /** What was asked for came after its job had been answered. */
  acceptLate(account: Account, refreshed: FreshToken): void {
    this.#options.holders.acceptLate(account, refreshed)
  }

  /** A refresh token came after a logout that revokes. */
  noteDropped(user: string, wasRevoked: boolean): void {
    const { log } = this.#options
    if (wasRevoked) log.info('sign_in.revoked_late', { user })
    else log.warn('sign_in.not_revoked', { user, reason: notRevoked })
  }
}
