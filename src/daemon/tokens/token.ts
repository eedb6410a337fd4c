import { Secret } from '../../logging/secret.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import { type Clock, type Deadline, deadlineIn, hasPassed, wallMsOf } from '../../schedule/clock.ts'
import { refreshDelayMs, serveMarginMs } from './refresh-policy.ts'

/** An access token in memory with the moments that matter for it. */
export class Token {
  readonly accessToken: Secret
  /** What a log line says of it. */
  readonly fingerprint: string
  /** Served until then, outage or not; never later. */
  readonly serveUntil: Deadline
  /** When three quarters of its life are over. */
  readonly lastQuarter: Deadline
  /** When its successor should be fetched. */
  readonly refreshDue: Deadline
  readonly #clock: Clock
  readonly #expiry: Deadline

  /** That of a refresh answer, its moments fixed on both clocks of this process. */
  constructor(
    refreshed: FreshToken,
    clock: Clock,
    policy: { beforeExpiryMs: number; random: () => number },
  ) {
    const lifetimeMs = Math.max(0, refreshed.expiresAt - clock.wallMs())
    this.accessToken = new Secret(refreshed.accessToken)
    this.fingerprint = refreshed.fingerprint
    this.serveUntil = deadlineIn(clock, lifetimeMs - serveMarginMs(lifetimeMs))
    this.lastQuarter = deadlineIn(clock, lifetimeMs * 0.75)
    this.refreshDue = deadlineIn(clock, refreshDelayMs(lifetimeMs, policy))
    this.#clock = clock
    this.#expiry = deadlineIn(clock, lifetimeMs)
  }

  /** Epoch ms, as the provider means it and the wall clock is set now. */
  get expiresAt(): number {
    return wallMsOf(this.#clock, this.#expiry)
  }
}

/** True while the token may be given to a mail program. */
export function isServable(token: Token | undefined, clock: Clock): token is Token {
  return token !== undefined && !hasPassed(clock, token.serveUntil)
}
