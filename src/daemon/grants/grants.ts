import { type Account, needsSignIn, signInOwner } from '../../accounts/account.ts'
import { revocationPage } from '../../accounts/revocation-page.ts'
import { AccountUnknownError, type ErrorCode, UsageError } from '../../errors.ts'
import type { Log } from '../../logging/log.ts'
import type { ForgetAnswer, SignInProgress } from '../../messages/control-api.ts'
import type { RecordSummary } from '../../messages/renewer-jobs.ts'
import type { RenewerHandle } from '../processes/renewer-handle.ts'
import { failOnce } from '../sign-in/fail-once.ts'
import type { AccountToken } from '../tokens/account-token.ts'
import type { TokenKeeper } from '../tokens/token-keeper.ts'
import { completed } from './completed-sign-in.ts'
import type { GrantHolders } from './grant-holders.ts'
import type { OpenSignIns, SignInRequest } from './open-sign-ins.ts'
import type { StoredSignIns } from './stored-sign-ins.ts'

interface GrantsOptions {
  keeper: TokenKeeper
  holders: GrantHolders
  signIns: OpenSignIns
  renewer: RenewerHandle
  log: Log
  stored: StoredSignIns
}

/** How accounts get their tokens: by a sign-in of their own, by that of another account, or without one. */
export class Grants {
  readonly #options: GrantsOptions
  constructor(options: GrantsOptions) {
    this.#options = options
  }

  /**
   * Begins to fetch tokens for those of the accounts that have what it takes. One that has been signed in
   * for while the records were read is left alone: it fetches already.
   */
  takeUp(accounts: Iterable<Account>, records: readonly RecordSummary[]): void {
    const { keeper } = this.#options
    const byUser = new Map(records.map((record) => [record.user, record]))
    for (const account of accounts) {
      const record = byUser.get(signInOwner(account))
      const token = keeper.get(account.user)
      if (!needsSignIn(account)) token.resume()
      else if (record !== undefined && token.state.name === 'signed_out')
        token.resume(record.signedInAt, record.refreshedAt)
    }
  }

  /**
   * Tries again what only the operator could fix: not all of that is in the configuration. With a code only
   * what failed with that one.
   */
  retryMisconfigured(code?: ErrorCode): void {
    for (const token of this.#options.keeper.all()) {
      const { state } = token
      if (state.name !== 'misconfigured') continue
      if (code !== undefined && state.failure.error.code !== code) continue
      token.resume(token.history.signedInAt)
    }
  }

  /** Has a person sign in, or says why that is not needed; yields progress up to the last line. */
  async *obtain(user: string, request: SignInRequest): AsyncIterable<SignInProgress> {
    const { keeper, signIns, holders } = this.#options
    const asked = keeper.get(user)
    if (!needsSignIn(asked.account)) {
      yield* withoutSignIn(asked)
      return
    }
    const token = keeper.get(signInOwner(asked.account))
    const { account } = token
    if (token !== asked) yield { event: 'sign_in_of', user: account.user }
    token.countSignIn(1)
    try {
      yield* signIns.run(account, request, (refreshed) => holders.accept(token, account, refreshed))
    } finally {
      token.countSignIn(-1)
    }
  }

  /** The daemon's page of an open sign-in of the account, or of the one whose sign-in it uses. */
  findPage(user: string): string | undefined {
    const { keeper, signIns } = this.#options
    const token = keeper.find(user)
    return token && signIns.findPage(signInOwner(token.account))
  }

  /** Hands on where a browser elsewhere ended. @throws as OpenSignIns.redirect does */
  redirect(user: string, url: string): void {
    const { keeper, signIns } = this.#options
    signIns.redirect(keeper.get(signInOwner(keeper.get(user).account)).account, url)
  }

  /** Takes a foreign refresh token. @throws UsageError where it has no place, and as the job does */
  async import(user: string, refreshToken: string): Promise<void> {
    const token = this.#options.keeper.get(user)
    const { account } = token
    requireOwnSignIn(account, 'import')
    const refreshed = await this.#options.renewer
      .run('import', { account, refreshToken })
      .catch(failOnce(`cms-oauth import ${user}`))
    this.#options.holders.accept(token, account, refreshed)
    if (this.#options.keeper.find(user) !== undefined) return
    throw new AccountUnknownError(
      `"${user}" was removed from the configuration during the import`,
      {
        hint: `the sign-in is kept: add the account again, or run "cms-oauth logout ${user}"`,
      },
    )
  }

  /**
   * Forgets a sign-in, also for those who share it, or one that nobody uses.
   * @throws UsageError for an account without one, AccountUnknownError
   */
  async forget(user: string, revoke: boolean): Promise<ForgetAnswer> {
    const { keeper, signIns, renewer, stored, holders } = this.#options
    if (stored.findUnused(user) !== undefined) return this.#forgetUnused(user, revoke)
    const { account } = keeper.get(user)
    requireOwnSignIn(account, 'logout')
    signIns.cancel(user, `"${user}" was signed out during this sign-in`)
    const usedBy = keeper.holdersOf(user).flatMap(({ account: { user: one } }) => {
      return one === user ? [] : one
    })
    const { wasRevoked } = await renewer
      .run('forget', { user, account, revoke, ...(usedBy.length === 0 ? {} : { usedBy }) })
      .catch(failOnce(logoutCommand(user, revoke)))
    holders.forget(user)
    const page = revocationPage(account)
    return { was_revoked: wasRevoked, ...(page === undefined ? {} : { revocation_page: page }) }
  }

  /** The account, if there is one, keeps the sign-in that it uses now. */
  async #forgetUnused(user: string, revoke: boolean): Promise<ForgetAnswer> {
    const { keeper, renewer, stored, log } = this.#options
    const { issuer } = stored.findUnused(user) ?? {}
    const account = keeper.find(user)?.account
    const { wasRevoked } = await renewer
      .run('forget', {
        user,
        revoke,
        ...(account === undefined ? {} : { account }),
        ...(issuer === undefined ? {} : { issuer }),
      })
      .catch(failOnce(logoutCommand(user, revoke)))
    stored.forget(user)
    log.info('sign_in.forgotten', { user })
    return { was_revoked: wasRevoked, is_revocable: account !== undefined }
  }
}

async function* withoutSignIn(token: AccountToken): AsyncIterable<SignInProgress> {
  const { account } = token
  await token.refreshNow()
  const expiresAt = token.servable?.expiresAt ?? 0
  const scopes = token.history.newest?.scopes ?? account.scopes
  yield { ...completed(account, { expiresAt, scopes }), grant: account.grant }
}

function logoutCommand(user: string, revoke: boolean): string {
  return `cms-oauth logout ${user}${revoke ? ' --revoke' : ''}`
}

function requireOwnSignIn(account: Account, command: 'import' | 'logout'): void {
  const { user, grant, signInWith } = account
  if (!needsSignIn(account)) {
    throw new UsageError(`"${user}" has no sign-in: grant = "${grant}" needs none`, {
      hint: 'to end its access, remove the [[account]], or its client at the provider',
    })
  }
  if (signInWith === undefined) return
  throw new UsageError(`"${user}" uses the sign-in of "${signInWith}" (sign_in_with)`, {
    hint: `run "cms-oauth ${command} ${signInWith}"; that is for all who use it`,
  })
}
