import type { Log, LogFields } from '../../logging/log.ts'
import { type Clock, type Instant, instantIn, hasPassed } from '../../schedule/clock.ts'
import type { AccountToken } from './account-token.ts'
import { longestRefusedPauseMs, refusedPauseMs } from './refresh-policy.ts'
import type { TokenKeeper } from './token-keeper.ts'
import type { TokenState } from './token-state.ts'
import { whyNoToken } from './why-no-token.ts'

/** A token that a server did not accept, though it has not expired. */
export interface RefusedToken extends Pick<LogFields, 'protocol' | 'server'> {
  user: string
  fingerprint: string
  /** What the server said, without the credential. */
  message: string
  /** It accepted this token before: it was revoked. */
  wasAccepted?: boolean
}

/** Who has the tokens that servers refuse replaced. */
export interface TokenReplacement {
  /**
   * Fetches another token than the one that was refused, unless one has come already.
   * @returns false where none is fetched so soon after the last one, or by this host, or the provider gives the
   * same again: what the server said is all that is known then
   * @throws CmsOauthError that says why there is no other one
   */
  replace(refused: RefusedToken): Promise<boolean>
}

interface RefusedTokensOptions {
  keeper: Pick<TokenKeeper, 'get'>
  clock: Clock
  log: Log
  /** False on a host that only hands out what others got. */
  canRefresh: boolean
}

/** Only somebody's act brings another token. */
const ended: readonly TokenState['name'][] = ['sign_in_required', 'misconfigured']
/** Another token comes without anybody. */
const passing: readonly TokenState['name'][] = ['backing_off', 'waiting', 'awaiting_store']

/** The last time that a token was fetched because a server refused one. */
interface Last {
  pauseMs: number
  until: Instant
  /** The fingerprint of what came. */
  replacement?: string
}

/**
 * Fetches another token where a server refuses one before it expires: it was revoked, or the clocks differ.
 * Seldom, however many programs meet the refusal and however long it lasts: a token that is new and refused
 * all the same shows that the cause is another.
 */
export class RefusedTokens implements TokenReplacement {
  readonly #options: RefusedTokensOptions
  readonly #last = new WeakMap<AccountToken, Last>()

  constructor(options: RefusedTokensOptions) {
    this.#options = options
  }

  async replace(refused: RefusedToken): Promise<boolean> {
    const { user, fingerprint } = refused
    const token = this.#options.keeper.get(user)
    const { servable } = token
    if (servable !== undefined && servable.fingerprint !== fingerprint) return true
    if (token.state.name !== 'refreshing' && !this.#mayBegin(token, refused)) {
      return this.#leaveItAtThat(token, refused)
    }
    const next = await token.waitForToken({ isRefused: true })
    if (next.fingerprint !== fingerprint) {
      this.#noteReplacement(token, next.fingerprint)
      return true
    }
    if (token.state.name === 'active') return false
    throw whyNoToken(user, token.state)
  }

  /**
   * True once in a while; twice as long after a replacement that was refused too. Where it was accepted in between,
   * each one has done its work.
   */
  #mayBegin(token: AccountToken, refused: RefusedToken): boolean {
    const { user, fingerprint, wasAccepted = false, ...said } = refused
    const { clock, log, canRefresh } = this.#options
    const last = this.#last.get(token)
    if (last !== undefined && !wasAccepted && !hasPassed(clock, last.until)) return false
    const isOfLast = last?.replacement === fingerprint && !wasAccepted
    const pauseMs = isOfLast ? Math.min(longestRefusedPauseMs, last.pauseMs * 2) : refusedPauseMs
    this.#last.set(token, { pauseMs, until: instantIn(clock, pauseMs) })
    log.warn('token.not_accepted', { user, fingerprint, ...said })
    return canRefresh
  }

  #noteReplacement(token: AccountToken, replacement: string): void {
    const last = this.#last.get(token)
    if (last !== undefined) this.#last.set(token, { ...last, replacement })
  }

  /**
   * False where what the server said is all that is known.
   * @throws where there is no other token until somebody acts, or none could be fetched yet: of this one nobody
   * knows that another would be refused too
   */
  #leaveItAtThat(token: AccountToken, { user, fingerprint }: RefusedToken): false {
    const { state } = token
    const isOfLast = this.#last.get(token)?.replacement === fingerprint
    const isAwaited = passing.includes(state.name) && !isOfLast && this.#options.canRefresh
    if (isAwaited || ended.includes(state.name)) throw whyNoToken(user, state)
    return false
  }
}
