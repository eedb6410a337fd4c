/**
 * Who may ask a provider about an account that hosts share. The lock is not what protects a sign-in: no
 * provider can check it, and a host may pause between "I hold it" and "sent". Five rules do, together:
 * the lease outlives the job; what is left of it is asked last, in the tick in which the request leaves; an intent
 * without a lease is written together with the lock; a grant is written where the one before it is still
 * there, whoever has the lock by then; and a refresh token of which nobody knows whether it was
 * presented is left alone while a valid access token is left.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { isCmsOauthError } from '../../errors.ts'
import { openToken, type SharedToken } from '../../fleet/token-record.ts'
import type { RefreshLater } from '../../messages/renewer-jobs.ts'
import { isNewer } from '../../accounts/newer-token.ts'
import { runningMs } from '../../schedule/clock.ts'
import { errorFromWire } from '../../shapes/wire-error.ts'
import type { ClaimWorld } from './claim-changes.ts'
import type { ClaimRequest, ClaimResult } from './claim.ts'
import type { Lineage } from './record.ts'
import type { Written } from './sealed-grants.ts'
import { endEarlierClaim } from './settle-claim.ts'
import { type HeldClaim, SharedClaim } from './shared-claim.ts'
import type { Sight } from './shared-state.ts'

/** What is left of a token that is worth taking over: a tenth of its life, 30 s at most. */
const longestMarginMs = 30_000
/** A refusal that seems to hold for longer was written by a clock that is wrong. */
const longestRefusalMs = 15 * 60_000
const lockedRetryMs = 3_000
const pollMs = 250
const tries = 5

interface ClaimsOptions extends ClaimWorld {
  /** How long a sign-in or a logout waits for the claim of another host, in ms. */
  patienceMs: number
}

/** The claims of one process. */
export class Claims {
  readonly #options: ClaimsOptions
  readonly #open = new Map<string, SharedClaim>()
  /** Those of sign-ins that take longer than the refresh that began them, by their owner. */
  readonly #slow = new Map<string, SharedClaim>()
  /** Claims of this process that are over, though the engine may not know it; true: nothing was sent. */
  readonly #ended = new Map<string, boolean>()

  constructor(options: ClaimsOptions) {
    this.#options = options
  }

  /**
   * Claims an account; a sign-in or a logout is always ours in the end, since what another host brings
   * later finds that the grant is another. @throws CmsOauthError, also the one that the provider gave
   * another host
   */
  async claim(request: ClaimRequest): Promise<ClaimResult> {
    const patientUntilMs = runningMs() + this.#options.patienceMs
    const isRefresh = request.purpose === 'refresh' || request.purpose === 'app-token'
    for (let left = tries; ;) {
      const sight = await this.#options.state.look(request)
      if (request.signal.aborted) throw request.signal.reason
      const known = isRefresh ? this.#answer(sight, request) : undefined
      if (known !== undefined) return known
      const isLocked = this.#isLocked(sight)
      if (!isLocked && left > 0 && request.purpose !== 'device-poll') {
        const taken = await this.#take(request, sight)
        if (taken !== undefined) return taken
        left -= 1
      } else if (isRefresh) return { kind: 'later', later: this.#locked() }
      else if (isLocked && this.#isOfOther(sight) && runningMs() < patientUntilMs)
        await delay(pollMs)
      else return this.#mine(request, sight)
    }
  }

  /**
   * What became of a grant that was got under a claim, also one of an earlier process; undefined: the
   * engine has not taken it yet. Resolves when the other hosts know.
   */
  async wasWritten(user: string, lineage: Lineage, written: Written | undefined): Promise<void> {
    const claim = this.#open.get(lineage.job)
    if (claim !== undefined) return claim.wasWritten(written)
    if (written !== undefined) await endEarlierClaim(this.#options, user, lineage, written)
  }

  /** What an earlier process had put aside is not written any more: it is there, or another host was faster. */
  wasSettled(user: string, lineage: Lineage): Promise<void> {
    return endEarlierClaim(this.#options, user, lineage)
  }

  /** What a refresh has in place of a claim. @throws what the provider said to another host */
  #answer(sight: Sight, request: ClaimRequest): ClaimResult | undefined {
    return this.#newer(sight, request) ?? this.#obstacle(sight, request)
  }

  #newer(sight: Sight, { user, purpose, known }: ClaimRequest): ClaimResult | undefined {
    const token = this.#tokenOf(sight, user)
    if (token === undefined || !isNewer(token, known)) return undefined
    // One without its grant is what a logout has left.
    if (purpose === 'refresh' && token.number > sight.grant.number) return undefined
    const marginMs = Math.min(longestMarginMs, token.lifetimeMs / 10)
    if (token.expiresAt - this.#options.now() <= marginMs) return undefined
    this.#options.onNews({ event: 'adopted', user, number: token.number })
    return { kind: 'newer', token }
  }

  #obstacle(sight: Sight, request: ClaimRequest): ClaimResult | undefined {
    const { failure, lock, intent, grant } = sight
    const { now, state } = this.#options
    const forMs = (failure?.untilMs ?? 0) - (now() - state.clockAheadMs)
    if (failure?.number === grant.number && forMs > 0 && forMs <= longestRefusalMs) {
      throw errorFromWire(failure.error)
    }
    if (this.#isLocked(sight)) return { kind: 'later', later: this.#locked(lock?.host) }
    if (intent === undefined || !this.#isAmbiguous(sight, request)) return undefined
    const atMs = this.#takeoverAt(sight, request)
    const isDue = atMs <= now()
    const { user } = request
    const news = { user, job: intent.job, number: intent.number, host: intent.host }
    this.#options.onNews({ event: isDue ? 'takeover' : 'ambiguous', ...news })
    return isDue
      ? undefined
      : { kind: 'later', later: { atMs, reason: 'ambiguous', host: intent.host } }
  }

  /** Whether somebody else may have presented a refresh token of the account since its grant was written. */
  #isAmbiguous({ intent, grant }: Sight, { owner }: ClaimRequest): boolean {
    if (intent === undefined || intent.number !== grant.number) return false
    // What is slow here is not presented again here.
    const isSlow = intent.job === this.#slow.get(owner)?.job
    return !isSlow && this.#ended.get(intent.job) !== true
  }

  /** When a quarter of the life of the shared token is left; at once where nothing is gained by waiting. */
  #takeoverAt(sight: Sight, { user, isStrict }: ClaimRequest): number {
    const token = isStrict ? this.#tokenOf(sight, user) : undefined
    return token === undefined ? 0 : token.expiresAt - token.lifetimeMs / 4
  }

  /** By the clock of this host. */
  #tokenOf({ token }: Sight, user: string): SharedToken | undefined {
    if (token === undefined) return undefined
    const { number, sealed } = token
    const { tokenKey, state } = this.#options
    const opened = openToken(user, { n: number, sealed }, tokenKey)
    if ('defect' in opened) return undefined
    return { ...opened.token, expiresAt: opened.token.expiresAt + state.clockAheadMs }
  }

  #isLocked({ lock }: Sight): boolean {
    return lock !== undefined && !this.#ended.has(lock.job)
  }

  /** What this process does itself is waited for elsewhere. */
  #isOfOther({ lock }: Sight): boolean {
    return lock !== undefined && !this.#open.has(lock.job)
  }

  #locked(host = this.#options.state.host): RefreshLater {
    const atMs = this.#options.now() + lockedRetryMs * (1 + Math.random() / 3)
    return { atMs: Math.round(atMs), reason: 'locked', host }
  }

  /** Undefined: somebody was faster. One transaction, so that no intent of another host is wiped out. */
  async #take(request: ClaimRequest, sight: Sight): Promise<ClaimResult | undefined> {
    const { state } = this.#options
    const { owner, user, purpose } = request
    const lease = await state.lease()
    const job = randomUUID()
    const { grant, lock, intent } = sight
    const isDone = await this.#written(request, job, () =>
      state.write({
        owner,
        user,
        where: { grant, lock, intent },
        put: {
          lock: { job, lease },
          ...(purpose === 'refresh' ? { intent: { job, number: grant.number } } : {}),
        },
      }),
    )
    const isTakeover = this.#isAmbiguous(sight, request)
    if (isDone) return this.#mine(request, sight, { job, lease, isTakeover })
    this.#ended.delete(job)
    return undefined
  }

  /** A lost answer is read back: the job says whose the lock is. */
  async #written(
    request: ClaimRequest,
    job: string,
    write: () => Promise<boolean>,
  ): Promise<boolean> {
    // Whatever comes of it, nothing was sent under a lock that is not known to be ours.
    this.#ended.set(job, true)
    try {
      return await write()
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      const { lock } = await this.#options.state.look(request)
      if (lock?.job === job) return true
      throw error
    }
  }

  /** Without a lease there is no lock either: none is needed to bring a sign-in of its own. */
  #mine(
    request: ClaimRequest,
    sight: Sight,
    held: Omit<HeldClaim, 'sight'> = { job: randomUUID() },
  ): ClaimResult {
    const claim = this.#begin(request, { ...held, sight })
    const { job } = held
    const { user } = request
    const number = sight.grant.number
    if (held.lease !== undefined) this.#options.onNews({ event: 'claimed', user, job, number })
    return { kind: 'mine', claim }
  }

  #begin(request: ClaimRequest, held: HeldClaim): SharedClaim {
    const { owner } = request
    const { job, sight } = held
    this.#ended.delete(job)
    const claim = new SharedClaim(this.#options, request, held, {
      onEnd: ({ wasSent, isKnown }) => {
        this.#open.delete(job)
        if (this.#slow.get(owner)?.job === job) this.#slow.delete(owner)
        if (!isKnown) this.#ended.set(job, !wasSent)
      },
      slowOne: () => this.#slow.get(owner)?.job,
      beginSlow: () => {
        const slow = { job: randomUUID(), sight }
        const begun = this.#begin({ ...request, purpose: 'sign-in' }, slow)
        this.#slow.set(owner, begun)
        return begun
      },
    })
    this.#open.set(job, claim)
    return claim
  }
}
