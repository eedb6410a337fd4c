import { Secret } from '../../logging/secret.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import { type Clock, type Deadline, deadlineIn, hasPassed, wallMsOf } from '../../schedule/clock.ts'
import { refreshDelayMs, serveMarginMs } from './refresh-policy.ts'

/** An access token in memory with the moments that matter for it. */
export interface Token {
  accessToken: Secret
  /** What a log line says of it. */
  fingerprint: string
  /** Epoch ms, as the provider means it and the wall clock is set now. */
  readonly expiresAt: number
  /** Served until then, outage or not; never later. */
  serveUntil: Deadline
  /** When three quarters of its life are over. */
  lastQuarter: Deadline
  /** When its successor should be fetched. */
  refreshDue: Deadline
}

/** The token of a refresh answer, its moments fixed on both clocks of this process. */
export function createToken(
  refreshed: FreshToken,
  clock: Clock,
  policy: { beforeExpiryMs: number; random: () => number },
): Token {
  const lifetimeMs = Math.max(0, refreshed.expiresAt - clock.wallMs())
  const expiry = deadlineIn(clock, lifetimeMs)
  return {
    accessToken: new Secret(refreshed.accessToken),
    fingerprint: refreshed.fingerprint,
    get expiresAt() {
      return wallMsOf(clock, expiry)
    },
    serveUntil: deadlineIn(clock, lifetimeMs - serveMarginMs(lifetimeMs)),
    lastQuarter: deadlineIn(clock, lifetimeMs * 0.75),
    refreshDue: deadlineIn(clock, refreshDelayMs(lifetimeMs, policy)),
  }
}

/** True while the token may be given to a mail program. */
export function isServable(token: Token | undefined, clock: Clock): token is Token {
  return token !== undefined && !hasPassed(clock, token.serveUntil)
}
