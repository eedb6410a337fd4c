import { AccountToken } from '../../../src/daemon/tokens/account-token.ts'
import { RefreshQueue } from '../../../src/daemon/tokens/refresh-queue.ts'
import type { TokenEvent } from '../../../src/daemon/tokens/token-event.ts'
import type { Later } from '../../../src/daemon/tokens/token-state.ts'
import type { CmsOauthError } from '../../../src/errors.ts'
import { testAccount } from '../../support/accounts.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { refreshedToken } from '../../support/refreshed.ts'

export const minute = 60_000
export const hour = 60 * minute

/** One refresh that the provider was asked for. */
interface Call {
  succeed: (accessToken: string, lifetimeMs?: number) => Promise<void>
  fail: (error: CmsOauthError) => Promise<void>
  /** Another host has the account. */
  later: (later: Later) => Promise<void>
}

/** An account's token with a provider that answers when the test says so. */
export function setUp({ answerWithinMs = 4_000 } = {}) {
  const clock = new FakeClock()
  const calls: Call[] = []
  const events: TokenEvent[] = []
  const refreshed = (accessToken: string, lifetimeMs = hour) =>
    refreshedToken({ accessToken, expiresAt: clock.wallMs() + lifetimeMs })
  const token = new AccountToken(testAccount(), {
    refresh: () =>
      new Promise((resolve, reject) => {
        calls.push({
          succeed: (accessToken, lifetimeMs) => {
            resolve(refreshed(accessToken, lifetimeMs))
            return settled()
          },
          fail: (error) => {
            reject(error)
            return settled()
          },
          later: (later) => {
            resolve({ later })
            return settled()
          },
        })
      }),
    clock,
    random: () => 0.5,
    queue: new RefreshQueue(),
    policy: () => ({ beforeExpiryMs: 15 * minute, answerWithinMs }),
    onEvent: (_token, event) => events.push(event),
  })
  const call = (index: number) => calls[index] as Call
  return { clock, calls, call, events, token, refreshed }
}

/** Resolves when what is due by promises has happened. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** The token that is served now. */
export function served(token: AccountToken): string | undefined {
  return token.servable?.accessToken.reveal()
}
