import { Secret } from '../../logging/secret.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import { type Clock, type Instant, instantIn, hasPassed, wallMsOf } from '../../schedule/clock.ts'
import { refreshDelayMs, serveMarginMs, sharedRefreshDelayMs } from './refresh-policy.ts'

/** An access token in memory with the moments that matter for it: one is kept, and how far the others are from it. */
export class Token {
  readonly accessToken: Secret
  /** What a log line says of it. */
  readonly fingerprint: string
  /** Served until then, outage or not; never later. */
  readonly serveUntil: Instant
  readonly #clock: Clock
  /** How long it is served. */
  readonly #serveMs: number
  readonly #leftMs: number
  readonly #lastQuarterMs: number
  readonly #refreshDelayMs: number

  /** That of a refresh answer, its moments fixed on both clocks of this process. */
  constructor(
    refreshed: FreshToken,
    clock: Clock,
    policy: { user: string; beforeExpiryMs: number; random: () => number },
  ) {
    const leftMs = Math.max(0, refreshed.expiresAt - clock.wallMs())
    const { number, lifetimeMs = leftMs } = refreshed
    const shared = { lifetimeMs, leftMs, seed: `${policy.user} ${number}` }
    this.accessToken = new Secret(refreshed.accessToken)
    this.fingerprint = refreshed.fingerprint
    this.#clock = clock
    this.#leftMs = leftMs
    this.#lastQuarterMs = leftMs - lifetimeMs * 0.25
    this.#serveMs = leftMs - serveMarginMs(lifetimeMs)
    this.#refreshDelayMs =
      number === undefined
        ? refreshDelayMs(lifetimeMs, policy)
        : sharedRefreshDelayMs(shared, policy)
    this.serveUntil = instantIn(clock, this.#serveMs)
  }

  /** When three quarters of its life are over. */
  get lastQuarter(): Instant {
    return this.#after(this.#lastQuarterMs)
  }

  /** When its successor should be fetched. */
  get refreshDue(): Instant {
    return this.#after(this.#refreshDelayMs)
  }

  /** Epoch ms, as the provider means it and the wall clock is set now. */
  get expiresAt(): number {
    return wallMsOf(this.#clock, this.#after(this.#leftMs))
  }

  /** The moment so long after it came. */
  #after(delayMs: number): Instant {
    const { wallMs, bootMs } = this.serveUntil
    const moreMs = delayMs - this.#serveMs
    return { wallMs: wallMs + moreMs, bootMs: bootMs + moreMs }
  }
}

/** True while the token may be given to a mail program. */
export function isServable(token: Token | undefined, clock: Clock): token is Token {
  return token !== undefined && !hasPassed(clock, token.serveUntil)
}
