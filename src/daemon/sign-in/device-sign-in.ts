import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from '../../accounts/account.ts'
import { type CmsOauthError, isCmsOauthError } from '../../errors.ts'
import { Secret } from '../../logging/secret.ts'
import type { DeviceVerification, Jobs, FreshToken } from '../../messages/renewer-jobs.ts'
import { deviceCodeExpired } from '../../oauth/device-poll.ts'
import { type Clock, createSystemClock } from '../../schedule/clock.ts'
import { failureOf } from './sign-in-failure.ts'

/** How much rarer each slow_down makes the polls (RFC 8628 section 3.5). */
const slowDownMs = 5_000
const longestPauseMs = 60_000

interface DeviceSignInOptions {
  account: Account
  /** Rejects with CmsOauthError only. */
  startDeviceAuthorization: (
    parameters: Jobs['start-device-authorization']['parameters'],
  ) => Promise<DeviceVerification>
  /** Polls once, and keeps the grant where there is one. Rejects with CmsOauthError only. */
  pollDeviceCode: (
    parameters: Jobs['poll-device-code']['parameters'],
  ) => Promise<Jobs['poll-device-code']['result']>
  clock?: Clock
  /** Waits so many ms; rejects when the signal aborts. */
  pause?: (ms: number, signal: AbortSignal) => Promise<unknown>
}

/** A sign-in that waits for a person to type a code elsewhere. */
export interface DeviceSignIn {
  /** What the person needs to know. */
  verification: Omit<DeviceVerification, 'deviceCode'>
  /** The grant, or the CmsOauthError (sign_in_failed, provider_*, ...) that ended the sign-in. */
  outcome: Promise<FreshToken>
  /**
   * Ends the sign-in with this error, unless it has ended already. The grant of a poll under way is
   * kept by `pollDeviceCode` all the same.
   */
  cancel(error: CmsOauthError): void
}

/**
 * Gets a device code and polls until the person is done, has said no, or the code has expired
 * (RFC 8628). A provider that cannot be reached is asked more rarely, and never the end.
 * @throws CmsOauthError where no code can be obtained
 */
export async function openDeviceSignIn(options: DeviceSignInOptions): Promise<DeviceSignIn> {
  const { account, startDeviceAuthorization } = options
  const { deviceCode, ...verification } = await startDeviceAuthorization({ account }).catch(
    (error: unknown) => failSignIn(account.user, error),
  )
  const cancelled = new AbortController()
  const aborted = new Promise<never>((_resolve, reject) => {
    cancelled.signal.addEventListener('abort', () => reject(cancelled.signal.reason as Error))
  })
  const polled = poll(options, verification, new Secret(deviceCode), cancelled.signal)
  const outcome = Promise.race([polled, aborted])
  // It may end before anybody waits for it.
  outcome.catch(() => {})
  return { verification, outcome, cancel: (error) => cancelled.abort(error) }
}

async function poll(
  options: DeviceSignInOptions,
  verification: DeviceSignIn['verification'],
  deviceCode: Secret,
  signal: AbortSignal,
): Promise<FreshToken> {
  const { account, pollDeviceCode, clock = createSystemClock(), pause = defaultPause } = options
  // Nobody steps this clock while the person types.
  const expiresAtMs = clock.bootMs() + verification.expiresAt - clock.wallMs()
  let { intervalMs } = verification
  let pauseMs = intervalMs
  for (;;) {
    // Not beyond the end, so that it is reported in time.
    await pause(Math.min(pauseMs, Math.max(0, expiresAtMs - clock.bootMs())), signal)
    if (clock.bootMs() >= expiresAtMs) throw deviceCodeExpired(account.user)
    try {
      const answer = await pollDeviceCode({ account, deviceCode: deviceCode.reveal() })
      if (!('later' in answer)) return answer
      if (answer.later === 'slow_down') intervalMs += slowDownMs
      pauseMs = intervalMs
    } catch (error) {
      pauseMs = pauseAfter(account.user, error, pauseMs)
    }
  }
}

/** Twice the pause, or what the provider asks for; every error but its absence ends the sign-in. */
function pauseAfter(user: string, error: unknown, pauseMs: number): number {
  if (!isCmsOauthError(error) || error.code !== 'provider_unavailable') failSignIn(user, error)
  const rarerMs = Math.max(pauseMs, Math.min(longestPauseMs, 2 * pauseMs))
  return Math.max(error.retryAfterMs ?? 0, rarerMs)
}

function failSignIn(user: string, error: unknown): never {
  throw isCmsOauthError(error) ? failureOf(user, error).error : error
}

function defaultPause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal, ref: false })
}
