import { type Account, signInOwner } from '../../accounts/account.ts'
import { addressHint } from '../../command-line/nearest-known.ts'
import { AccountUnknownError, type CmsOauthError, hasUnknownFate } from '../../errors.ts'
import { Agenda } from '../../schedule/agenda.ts'
import type { GrantStage } from '../../messages/renewer-jobs.ts'
import { isNewer } from '../../accounts/newer-token.ts'
import { RefreshAlarm } from '../../schedule/alarm.ts'
import { AccountToken } from './account-token.ts'
import type { TokenContext } from './token-context.ts'
import { nextRefreshOf } from './token-state.ts'
import type { Token } from './token.ts'

interface KeeperContext extends TokenContext<AccountToken> {
  /** Called for every account, every 30 s or so: for what time alone brings about. */
  onLook?: (token: AccountToken) => void
}

/** The alarm rings every 30 s at least, and the first time after this long all accounts are checked. */
const checkAllAfterMs = 20_000
/** Thousands of accounts checked in one go would hold up those who ask for a token. */
const checksPerTurn = 200

/**
 * Keeps a fresh access token for every account that somebody has signed in for.
 * Lives until `stop`; an account's entry survives every reload that keeps the account.
 */
export class TokenKeeper {
  readonly #tokens = new Map<string, AccountToken>()
  /** Those that use one sign-in, by the account that signs in. */
  readonly #holders = new Map<string, AccountToken[]>()
  readonly #context: KeeperContext
  readonly #alarm: RefreshAlarm
  readonly #due = new Agenda<AccountToken>()
  #allCheckedAtBootMs: number
  #isStopped = false

  constructor(context: KeeperContext) {
    this.#alarm = new RefreshAlarm(context.clock, () => this.#refreshWhatIsDue())
    this.#allCheckedAtBootMs = context.clock.bootMs()
    this.#context = {
      ...context,
      refresh: (account, held) => {
        const newest = this.#newestOf(signInOwner(account))
        return context.refresh(account, newest === undefined ? held : { ...held, newest })
      },
      onEvent: (token, event) => {
        this.#schedule(token)
        if (event.event === 'token.waiting') return
        context.onEvent(token, event)
        if ('error' in event) this.#shareLoss(token, event.error)
      },
    }
  }

  /** Starts keeping an account; nothing is fetched before `resume` or `accept`. */
  add(account: Account): AccountToken {
    const token = new AccountToken(account, this.#context)
    this.#tokens.set(account.user, token)
    this.#addHolder(token)
    return token
  }

  /** Takes a changed configuration entry of an account that is kept. @throws AccountUnknownError */
  reconfigure(account: Account): void {
    const token = this.get(account.user)
    this.#removeHolder(token)
    token.reconfigure(account)
    this.#addHolder(token)
  }

  /** Stops keeping an account; a refresh under way is sealed by the renewer and then dropped. */
  remove(user: string): void {
    const token = this.#tokens.get(user)
    if (token === undefined) return
    token.forget('removed')
    this.#tokens.delete(user)
    this.#removeHolder(token)
    this.#due.remove(token)
  }

  /** The account's token, undefined where it is not kept here. */
  find(user: string): AccountToken | undefined {
    return this.#tokens.get(user)
  }

  /** The account's token. @throws AccountUnknownError */
  get(user: string): AccountToken {
    const token = this.#tokens.get(user)
    if (token !== undefined) return token
    const otherwise = 'see "cms-oauth status" for the configured ones'
    throw new AccountUnknownError(`no account "${user}" is configured`, {
      hint: addressHint(user, [...this.#tokens.keys()], otherwise),
    })
  }

  /** Every account's token, in the order of the configuration. */
  all(): Iterable<AccountToken> {
    return this.#tokens.values()
  }

  /** All that have their tokens by the sign-in of this account, itself first. */
  holdersOf(owner: string): AccountToken[] {
    const holders = this.#holders.get(owner) ?? []
    return holders.toSorted((a, b) => Number(isOwner(b)) - Number(isOwner(a)))
  }

  /** The token in memory at once, or a promise of it as AccountToken.waitForToken says. */
  serve(user: string): Token | Promise<Token> {
    const token = this.get(user)
    return token.servable ?? token.waitForToken()
  }

  /** Fetches nothing unasked any more. */
  stop(): void {
    this.#isStopped = true
    this.#alarm.stop()
  }

  #schedule(token: AccountToken): void {
    const next = nextRefreshOf(token.state)
    if (next === undefined) return this.#due.remove(token)
    this.#due.put(token, next.bootMs)
    this.#alarm.wakeBy(next)
  }

  #addHolder(token: AccountToken): void {
    const owner = signInOwner(token.account)
    const others = this.#holders.get(owner)
    if (others === undefined) this.#holders.set(owner, [token])
    else others.push(token)
  }

  #removeHolder(token: AccountToken): void {
    const owner = signInOwner(token.account)
    const others = this.#holders.get(owner)?.filter((holder) => holder !== token) ?? []
    if (others.length === 0) this.#holders.delete(owner)
    else this.#holders.set(owner, others)
  }

  /** Of a refresh that may have rotated: all that use its sign-in present the same refresh token. */
  #shareLoss({ account }: AccountToken, error: CmsOauthError): void {
    if (!hasUnknownFate(error)) return
    for (const token of this.holdersOf(signInOwner(account))) token.shareLoss(error)
  }

  /** Of the grants that these tokens were got by; undefined: hosts do not share them. */
  #newestOf(owner: string): GrantStage | undefined {
    let newest: GrantStage | undefined
    for (const { history } of this.#holders.get(owner) ?? []) {
      const { signedInAt, number } = history.newest ?? {}
      if (signedInAt === undefined || number === undefined) continue
      const stage = { signedInAt, number }
      if (isNewer(stage, newest)) newest = stage
    }
    return newest
  }

  #refreshWhatIsDue(): void {
    const now = this.#context.clock.bootMs()
    for (let token = this.#due.takeDue(now); token !== undefined; token = this.#due.takeDue(now)) {
      token.refreshIfDue()
      // A doubt that became known late has moved it without an event, and only ever to later.
      this.#schedule(token)
    }
    const bootMs = this.#due.nextBootMs
    if (bootMs !== undefined) this.#alarm.wakeBy({ bootMs, wallMs: Number.POSITIVE_INFINITY })
    if (now - this.#allCheckedAtBootMs < checkAllAfterMs) return
    this.#allCheckedAtBootMs = now
    this.#check([...this.#tokens.values()])
  }

  /** A wall clock that was set forward makes tokens due before the clock of the agenda says so. */
  #check(tokens: AccountToken[]): void {
    for (const token of tokens.splice(0, checksPerTurn)) {
      token.refreshIfDue()
      this.#context.onLook?.(token)
      this.#schedule(token)
    }
    if (tokens.length > 0 && !this.#isStopped) setImmediate(() => this.#check(tokens))
  }
}

function isOwner({ account }: AccountToken): boolean {
  return signInOwner(account) === account.user
}
