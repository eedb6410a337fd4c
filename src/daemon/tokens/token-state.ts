/**
 * The states of an account's token and the moves between them.
 *
 *     signed_out -> active <-> refreshing -> backing_off | sign_in_required | misconfigured | waiting
 *
 * Where hosts share the store an account is `awaiting_store` in place of `signed_out` until that has been read,
 * and `waiting` while another host has it.
 *
 * An open sign-in is independent of these states instead of replacing one: the token that is
 * there goes on being served and renewed until the new grant has come.
 */
import type { Rotation } from '../../configuration/configuration.ts'
import { type CmsOauthError, hasUnknownFate } from '../../errors.ts'
import { backOffMs } from '../../schedule/back-off.ts'
import { type Clock, type Instant, instantIn, hasPassed, laterOf } from '../../schedule/clock.ts'
import type { RefreshLater } from '../../messages/renewer-jobs.ts'
import { misconfiguredRetryMs, refusalConfirmationMs, shortestWaitMs } from './refresh-policy.ts'
import { isServable, type Token } from './token.ts'

/** What is remembered of failures until the next success. */
export interface FailureHistory {
  /** Failures in a row. */
  count: number
  error: CmsOauthError
  /** Epoch ms of the newest. */
  failedAt: number
  /** The first `invalid_grant` or demand for interaction, which one more confirms. */
  refusal?: { bootMs: number; isExplicit: boolean }
}

/** How long a failure keeps the provider in peace. */
interface BackOff {
  /** When it is tried again without being asked. */
  retry: Instant
  /** From when a client's request may cause a try: the provider's Retry-After is over by then. */
  extraTryFrom: Instant
}

/** What took an account's sign-in away: a logout, or a configuration that lacks the account. */
export type SignedOutBecause = 'logout' | 'removed'

/**
 * True while a refresh token that the next refresh presents may have been rotated unheard. It may be
 * that of a newer sign-in, not confirmed yet, while the older one has brought a token.
 */
interface Doubt {
  isInDoubt?: boolean
}

/** Why a refresh is another host's affair for now: nothing has failed. */
export interface Later extends Pick<RefreshLater, 'atMs'> {
  /** `served`: this host has no refresh token at all. */
  reason: RefreshLater['reason'] | 'served'
  host: string
}

/** What is there of an account's token, and what comes next. */
export type TokenState =
  | { name: 'signed_out'; because?: SignedOutBecause }
  /** Nobody knows yet whether somebody has signed in; `unread`: why the store could not be read so far. */
  | { name: 'awaiting_store'; unread?: CmsOauthError }
  | ({ name: 'active'; token: Token } & Doubt)
  | ({ name: 'refreshing'; token?: Token; failure?: FailureHistory } & Doubt)
  | ({
      name: 'waiting'
      token?: Token
      failure?: FailureHistory
      for: Later
      retry: Instant
    } & Doubt)
  | ({ name: 'backing_off'; token?: Token; failure: FailureHistory } & BackOff & Doubt)
  | { name: 'sign_in_required'; token?: Token; failure: FailureHistory }
  | ({ name: 'misconfigured'; token?: Token; failure: FailureHistory; retry: Instant } & Doubt)

/** How a failed refresh came about. */
export interface FailedAttempt {
  error: CmsOauthError
  /** True when a person asked for the refresh by name. */
  isExplicit: boolean
  /** What the provider does with an old refresh token. */
  rotation: Rotation
}

/** The token of any state that still has one. */
export function tokenOf(state: TokenState): Token | undefined {
  return 'token' in state ? state.token : undefined
}

/** The failures since the last success. */
export function failuresIn(state: TokenState): FailureHistory | undefined {
  return 'failure' in state ? state.failure : undefined
}

/** When the account is due for its next refresh without being asked; undefined: never. */
export function nextRefreshOf(state: TokenState): Instant | undefined {
  switch (state.name) {
    case 'active': {
      const { refreshDue, lastQuarter } = state.token
      return state.isInDoubt === true ? laterOf(refreshDue, lastQuarter) : refreshDue
    }
    case 'backing_off':
    case 'misconfigured':
    case 'waiting':
      return state.retry
    case 'signed_out':
    case 'awaiting_store':
    case 'refreshing':
    case 'sign_in_required':
      return undefined
  }
}

/** The state while a refresh is under way; what is there of a token stays. */
export function startRefreshing(state: TokenState): TokenState {
  const failure = failuresIn(state)
  const refreshing = { name: 'refreshing' as const, ...(failure === undefined ? {} : { failure }) }
  return withDoubt(withToken(refreshing, tokenOf(state)), isInDoubt(state))
}

/** The state with a token that has come. */
export function activate(token: Token, isNewerInDoubt: boolean): TokenState {
  return withDoubt({ name: 'active', token }, isNewerInDoubt)
}

/** The state until another host has done what it is about. */
export function waitFor(state: TokenState, later: Later, clock: Clock): TokenState {
  const failure = failuresIn(state)
  const waiting = {
    name: 'waiting' as const,
    for: later,
    retry: instantIn(clock, Math.max(shortestWaitMs, later.atMs - clock.wallMs())),
    ...(failure === undefined ? {} : { failure }),
  }
  return withDoubt(withToken(waiting, tokenOf(state)), isInDoubt(state))
}

/** The state after a refresh failed. */
export function afterFailure(
  state: TokenState,
  attempt: FailedAttempt,
  clock: Clock,
  random: () => number,
): TokenState {
  const before = failuresIn(state)
  const failure: FailureHistory = {
    count: (before?.count ?? 0) + 1,
    error: attempt.error,
    failedAt: clock.wallMs(),
  }
  if (before?.refusal !== undefined) failure.refusal = before.refusal
  const token = tokenOf(state)
  switch (attempt.error.code) {
    case 'sign_in_required':
      // The provider has answered: to ask once more does no harm.
      return withToken(afterRefusal(failure, attempt, clock, random), token)
    case 'provider_rejected':
    case 'config_invalid':
    case 'insecure_file_mode':
    case 'store_unreadable':
      return leftAlone(
        withToken(
          { name: 'misconfigured', failure, retry: instantIn(clock, misconfiguredRetryMs) },
          token,
        ),
        isInDoubtAfter(state, attempt),
        clock,
      )
    default:
      return leftAlone(
        withToken(
          { name: 'backing_off', failure, ...backOffAfter(attempt, failure, clock, random) },
          token,
        ),
        isInDoubtAfter(state, attempt),
        clock,
      )
  }
}

function isInDoubt(state: TokenState): boolean {
  return 'isInDoubt' in state && state.isInDoubt
}

/** Only an answer ends the doubt: a request that fails on its way leaves it as it was. */
function isInDoubtAfter(before: TokenState, { error, rotation }: FailedAttempt): boolean {
  return rotation === 'strict' && (hasUnknownFate(error) || isInDoubt(before))
}

/** An old refresh token may end the sign-in, and with it the token that still serves. */
function leftAlone<S extends TokenState & { token?: Token; retry: Instant } & Doubt>(
  state: S,
  isDoubtful: boolean,
  clock: Clock,
): S {
  const { token } = state
  const doubtful = withDoubt(state, isDoubtful)
  if (!isDoubtful || !isServable(token, clock) || hasPassed(clock, token.lastQuarter))
    return doubtful
  const until = token.lastQuarter
  return { ...doubtful, retry: until, ...('extraTryFrom' in state ? { extraTryFrom: until } : {}) }
}

function backOffAfter(
  { error }: FailedAttempt,
  { count }: FailureHistory,
  clock: Clock,
  random: () => number,
): BackOff {
  const retryAfterMs = error.code === 'provider_unavailable' ? error.retryAfterMs : undefined
  return {
    retry: instantIn(clock, backOffMs(count, retryAfterMs, random)),
    extraTryFrom: instantIn(clock, retryAfterMs ?? 0),
  }
}

/**
 * One refusal of a grant proves little: providers answer `invalid_grant` in outages too. The second
 * one does, if a minute has passed or a person asked for one of the two.
 */
function afterRefusal(
  failure: FailureHistory,
  { isExplicit }: FailedAttempt,
  clock: Clock,
  random: () => number,
): TokenState {
  const first = failure.refusal
  if (first !== undefined) {
    const isConfirmed =
      isExplicit || first.isExplicit || clock.bootMs() - first.bootMs >= refusalConfirmationMs
    if (isConfirmed) return { name: 'sign_in_required', failure }
  }
  failure.refusal = first ?? { bootMs: clock.bootMs(), isExplicit }
  const delayMs = refusalConfirmationMs * (1 + 0.25 * random())
  const backOff = { retry: instantIn(clock, delayMs), extraTryFrom: instantIn(clock, 0) }
  return { name: 'backing_off', failure, ...backOff }
}

function withToken<S extends TokenState>(state: S, token: Token | undefined): S {
  return token === undefined ? state : { ...state, token }
}

function withDoubt<S extends TokenState & Doubt>(state: S, isDoubtful: boolean): S {
  return isDoubtful ? { ...state, isInDoubt: true } : state
}
