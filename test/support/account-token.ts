import type { Account } from '../../src/accounts/account.ts'
import { AccountToken } from '../../src/daemon/tokens/account-token.ts'
import { RefreshQueue } from '../../src/daemon/tokens/refresh-queue.ts'
import type { FreshToken } from '../../src/messages/renewer-jobs.ts'
import { testAccount } from './accounts.ts'
import { FakeClock } from './fake-clock.ts'

/** An account's token on a clock of the test; nobody hears its events. */
export function createAccountToken(
  refresh: (account: Account) => Promise<FreshToken> = () => new Promise(() => {}),
  clock = new FakeClock(),
  account: Partial<Account> = {},
): { token: AccountToken; clock: FakeClock } {
  const token = new AccountToken(testAccount(account), {
    refresh,
    clock,
    random: () => 0.5,
    queue: new RefreshQueue(),
    policy: () => ({ beforeExpiryMs: 15 * 60_000, answerWithinMs: 4_000 }),
    onEvent: () => {},
  })
  return { token, clock }
}
