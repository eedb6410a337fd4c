/** Grants of a few accounts, with a renewer and sign-ins that write down what is asked of them. */
import type { TestContext } from 'node:test'
import type { Account } from '../../../src/accounts/account.ts'
import { GrantHolders } from '../../../src/daemon/grants/grant-holders.ts'
import { Grants } from '../../../src/daemon/grants/grants.ts'
import { RenewerNews } from '../../../src/daemon/grants/renewer-news.ts'
import type { OpenSignIns, SignInRequest } from '../../../src/daemon/grants/open-sign-ins.ts'
import { StoredSignIns } from '../../../src/daemon/grants/stored-sign-ins.ts'
import type { RenewerHandle } from '../../../src/daemon/processes/renewer-handle.ts'
import { RefreshQueue } from '../../../src/daemon/tokens/refresh-queue.ts'
import { TokenKeeper } from '../../../src/daemon/tokens/token-keeper.ts'
import type { SignInProgress } from '../../../src/messages/control-api.ts'
import type { FreshToken } from '../../../src/messages/renewer-jobs.ts'
import { testAccount } from '../../support/accounts.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { refreshedToken } from '../../support/refreshed.ts'

export const owner = testAccount({ user: 'owner@example.com' })
export const shared = testAccount({ user: 'shared@example.com', signInWith: owner.user })
export const other = testAccount({ user: 'other@example.com' })
export const app = testAccount({ user: 'app@example.com', grant: 'client_credentials' })
export const accounts = [shared, owner, other, app]
const quiet = () => {}

/** What a job is asked with, as far as it matters here. */
interface Asked {
  account?: Account
  user?: string
}

interface Options {
  refresh?: (account: Account) => Promise<FreshToken>
  isDurable?: boolean
  /** What becomes of an open sign-in. */
  outcome?: (accept: () => void) => AsyncIterable<SignInProgress>
}

/** Grants of the accounts above, whose renewer and sign-ins write down what is asked of them. */
export function prepareGrants(
  t: TestContext,
  { refresh, isDurable = true, outcome }: Options = {},
) {
  const clock = new FakeClock()
  const happened: string[] = []
  const refreshed = (account: Account): FreshToken => {
    const { signedInAt: _, ...unsigned } = refreshedToken({
      accessToken: `token of ${account.user}`,
      expiresAt: clock.wallMs() + 3_600_000,
      isDurable,
      identity: account.user,
    })
    return account === app ? unsigned : { ...unsigned, signedInAt: 7 }
  }
  const keeper = new TokenKeeper({
    refresh: refresh ?? ((account) => Promise.resolve(refreshed(account))),
    clock,
    random: () => 0.5,
    queue: new RefreshQueue(),
    policy: () => ({ beforeExpiryMs: 900_000, answerWithinMs: 4_000 }),
    onEvent: (token, { event }) => happened.push(`${token.account.user} ${event}`),
  })
  t.after(() => keeper.stop())
  for (const account of accounts) keeper.add(account)
  const signIns = {
    cancel: (user: string) => happened.push(`${user} canceled`),
    redirect: ({ user }: Account, url: string) => happened.push(`${user} went to ${url}`),
    run: async function* (
      account: Account,
      { method }: SignInRequest,
      accept: (refreshed: FreshToken) => void,
    ): AsyncIterable<SignInProgress> {
      happened.push(`${account.user} signs in by ${method}`)
      await Promise.resolve()
      if (outcome !== undefined) return yield* outcome(() => accept(refreshed(account)))
      accept(refreshed(account))
      yield { event: 'completed', user: account.user, expires_at: 'soon' }
    },
  }
  const run = (kind: string, { account = other, user = account.user }: Asked) => {
    happened.push(`${kind} ${user}`)
    return Promise.resolve(kind === 'forget' ? { wasRevoked: false } : refreshed(account))
  }
  const stored = new StoredSignIns(() => accounts)
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
  const holders = new GrantHolders(keeper, log, stored)
  const news = new RenewerNews({ keeper, holders, log })
  const grants = new Grants({
    keeper,
    holders,
    signIns: signIns as unknown as OpenSignIns,
    renewer: { run } as unknown as RenewerHandle,
    stored,
    log,
  })
  const states = () =>
    Object.fromEntries(
      accounts.map(({ user }) => [user.split('@')[0], keeper.get(user).state.name]),
    )
  return { clock, grants, news, keeper, happened, states, stored }
}
