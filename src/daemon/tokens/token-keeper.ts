import { type Account, signInOwner } from '../../accounts/account.ts'
import { AccountUnknownError, type CmsOauthError } from '../../errors.ts'
import { RefreshAlarm } from '../../schedule/alarm.ts'
import { AccountToken } from './account-token.ts'
import type { TokenContext } from './token-context.ts'
import { nextRefreshOf } from './token-state.ts'
import type { Token } from './token.ts'

interface KeeperContext extends TokenContext<AccountToken> {
  /** Called for every account whenever the clocks are checked: every 30 s at least. */
  onLook?: (token: AccountToken) => void
}

/**
 * Keeps a fresh access token for every account that somebody has signed in for.
 * Lives until `stop`; an account's entry survives every reload that keeps the account.
 */
export class TokenKeeper {
  readonly #tokens = new Map<string, AccountToken>()
  readonly #context: KeeperContext
  readonly #alarm: RefreshAlarm

  constructor(context: KeeperContext) {
    this.#alarm = new RefreshAlarm(context.clock, () => this.#refreshWhatIsDue())
    this.#context = {
      ...context,
      onEvent: (token, event) => {
        const next = nextRefreshOf(token.state)
        if (next !== undefined) this.#alarm.wakeBy(next)
        context.onEvent(token, event)
        if ('error' in event) this.#shareLoss(token, event.error)
      },
    }
  }

  /** Starts keeping an account; nothing is fetched before `resume` or `accept`. */
  add(account: Account): AccountToken {
    const token = new AccountToken(account, this.#context)
    this.#tokens.set(account.user, token)
    return token
  }

  /** Stops keeping an account; a refresh under way is sealed by the renewer and then dropped. */
  remove(user: string): void {
    this.#tokens.get(user)?.forget('removed')
    this.#tokens.delete(user)
  }

  /** The account's token, undefined where it is not kept here. */
  find(user: string): AccountToken | undefined {
    return this.#tokens.get(user)
  }

  /** The account's token. @throws AccountUnknownError */
  get(user: string): AccountToken {
    const token = this.#tokens.get(user)
    if (token !== undefined) return token
    throw new AccountUnknownError(`no account "${user}" is configured`, {
      hint: 'see "cms-oauth status" for the configured ones; case matters',
    })
  }

  /** Every account's token, in the order of the configuration. */
  all(): Iterable<AccountToken> {
    return this.#tokens.values()
  }

  /** The token in memory at once, or a promise of it as AccountToken.waitForToken says. */
  serve(user: string): Token | Promise<Token> {
    const token = this.get(user)
    return token.servable ?? token.waitForToken()
  }

  /** Fetches nothing unasked any more. */
  stop(): void {
    this.#alarm.stop()
  }

  /** Of a refresh that may have rotated: all that use its sign-in present the same refresh token. */
  #shareLoss({ account }: AccountToken, error: CmsOauthError): void {
    if (!('isFateUnknown' in error) || !error.isFateUnknown) return
    for (const token of this.#tokens.values()) {
      if (signInOwner(token.account) === signInOwner(account)) token.shareLoss(error)
    }
  }

  #refreshWhatIsDue(): void {
    for (const token of this.#tokens.values()) {
      token.refreshIfDue()
      this.#context.onLook?.(token)
      const next = nextRefreshOf(token.state)
      if (next !== undefined) this.#alarm.wakeBy(next)
    }
  }
}
