import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requireUseful } from '../../../src/daemon/tokens/require-useful.ts'
import { testAccount } from '../../support/accounts.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { refreshedToken } from '../../support/refreshed.ts'

test('a token is useful as long as a second of its life is left', () => {
  const clock = new FakeClock()
  const require = (leftMs: number) =>
    requireUseful(testAccount({}), refreshedToken({ expiresAt: clock.wallMs() + leftMs }), clock)
  assert.doesNotThrow(() => require(1_000))
  assert.throws(() => require(999), { code: 'provider_protocol' })
})
