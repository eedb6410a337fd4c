import { mock } from 'node:test'
import type { Account } from '../../../src/accounts/account.ts'
import { RefreshQueue } from '../../../src/daemon/tokens/refresh-queue.ts'
import type { HeldToken } from '../../../src/daemon/tokens/token-context.ts'
import { TokenKeeper } from '../../../src/daemon/tokens/token-keeper.ts'
import { ProviderUnavailableError } from '../../../src/errors.ts'
import type { FreshToken } from '../../../src/messages/renewer-jobs.ts'
import { testAccount } from '../../support/accounts.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { refreshedToken } from '../../support/refreshed.ts'

const latencyMs = 50
const lifetimeMs = 3_600_000

/** A keeper and a provider in simulated time: timers run only while `pass` runs. */
export function createSimulation({ random = () => 0.5 }: { random?: () => number } = {}) {
  mock.timers.enable({ apis: ['setTimeout'] })
  const clock = new FakeClock()
  const provider = {
    isDown: false,
    refreshes: 0,
    inFlight: 0,
    mostInFlight: 0,
    /** What the newest refresh was told of the tokens that are there. */
    held: undefined as HeldToken | undefined,
    refresh: async (account: Account, held: HeldToken): Promise<FreshToken> => {
      provider.refreshes++
      provider.held = held
      provider.inFlight++
      provider.mostInFlight = Math.max(provider.mostInFlight, provider.inFlight)
      await new Promise<void>((resolve) => {
        setTimeout(resolve, latencyMs)
      })
      provider.inFlight--
      if (provider.isDown) throw new ProviderUnavailableError('no route')
      return provider.issue(account.user)
    },
    issue: (user: string) =>
      refreshedToken({
        accessToken: `${user} ${provider.refreshes}`,
        expiresAt: clock.wallMs() + lifetimeMs,
      }),
  }
  const keeper = new TokenKeeper({
    refresh: provider.refresh,
    clock,
    random,
    queue: new RefreshQueue(),
    policy: () => ({ beforeExpiryMs: 15 * 60_000, answerWithinMs: 4_000 }),
    onEvent: () => {},
  })
  return {
    clock,
    provider,
    keeper,
    /** Begins to keep accounts of one issuer, named by their number. */
    add: (count: number) =>
      Array.from({ length: count }, (_, index) =>
        keeper.add(testAccount({ user: `user${index}@example.com` })),
      ),
    /** Lets time go by; `look` is called after each step. */
    pass: async (ms: number, stepMs = 1_000, look = () => {}) => {
      for (let passed = 0; passed < ms; passed += stepMs) {
        clock.advance(stepMs)
        mock.timers.tick(stepMs)
        await settled()
        look()
      }
    },
    stop: () => {
      keeper.stop()
      mock.timers.reset()
    },
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
