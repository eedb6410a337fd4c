/** What a provider says to one host is believed by the others where it would be said to them, too. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type CmsOauthError,
  ConfigInvalidError,
  ProviderProtocolError,
  ProviderRejectedError,
  ProviderUnavailableError,
  SignInRequiredError,
  StoreLockedError,
} from '../../../src/errors.ts'
import type { Provider } from '../../../src/renewer/providers/provider.ts'
import { account, appAccount, fleetWorld, signIn } from './fleet-world.ts'
import type { StrictProvider } from './strict-provider.ts'

const refusals: [error: CmsOauthError, isOfAll: boolean][] = [
  [new SignInRequiredError('the sign-in has expired'), true],
  [new ProviderUnavailableError('too many requests', { retryAfterMs: 90_000 }), true],
  [new ProviderProtocolError('the answer is not JSON'), true],
  [new ProviderRejectedError('the client secret is wrong'), false],
  [new ConfigInvalidError('the client certificate has expired'), false],
  [new StoreLockedError('the disk is full'), false],
]

/** Throws when it is asked, or where it was. */
function refusing(provider: StrictProvider, error: CmsOauthError): Provider {
  const reached = provider.reachedBy(() => Promise.resolve('done'), 'a')
  return {
    ...reached,
    refresh: (_account, _renewal, exchange) => {
      exchange.maySend()
      return Promise.reject(error)
    },
    fetchAppToken: () => Promise.reject(error),
  }
}

for (const [of, what] of [
  [account, 'a sign-in'],
  [appAccount, 'an account without one'],
] as const) {
  for (const [error, isOfAll] of refusals) {
    const whose = isOfAll ? 'all hosts' : 'the host that was refused'
    test(`"${error.code}" at ${what} is that of ${whose}`, async (t) => {
      const world = fleetWorld(t)
      const [a, b] = [
        world.host('a', { reaches: refusing(world.provider, error) }),
        world.host('b'),
      ]
      if (of === account) await signIn(world, b)
      a.token = b.token
      await assert.rejects(a.refresh(of), { code: error.code })
      const asked = b.refresh(of).then(
        () => 'refreshed',
        ({ code }: CmsOauthError) => code,
      )
      assert.equal(await asked, isOfAll ? error.code : 'refreshed')
    })
  }
}
