/** A logout while an exchange is open: what comes later is not sealed, and revoked where that was asked for. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ProviderUnavailableError } from '../../../src/errors.ts'
import { Secret } from '../../../src/logging/secret.ts'
import type { Provider } from '../../../src/renewer/providers/provider.ts'
import {
  account,
  gate,
  grant,
  prepareJobs,
  redemption,
  renewal,
  tokens,
} from '../../support/jobs.ts'

const { user } = account

type Jobs = ReturnType<typeof prepareJobs>

/** Every kind of exchange that brings a refresh token. */
const exchanges: Record<string, (runner: Jobs['runner']) => Promise<unknown>> = {
  refresh: (runner) => runner.run('refresh', { account }),
  code: (runner) => runner.run('redeem-code', redemption),
  import: (runner) => runner.run('import', { account, refreshToken: 'foreign' }),
  'device code': (runner) => runner.run('poll-device-code', { account, deviceCode: 'device' }),
}

/** Jobs whose exchange has left, and is answered when the test says so. */
function prepare(provider: Partial<Provider> = {}) {
  const { passed, open } = gate()
  const leaving = gate()
  const answer: Provider['redeemCode'] = async (_account, _what, { keep, maySend }) => {
    maySend()
    leaving.open()
    await passed
    await keep(new Secret('came later'))
    return tokens({ renewal: renewal('came later') })
  }
  const jobs = prepareJobs({
    grants: [grant()],
    deadlineMs: 5_000,
    exchangeLimitMs: 60_000,
    provider: {
      refresh: (who, what, exchange) =>
        answer(who, what as unknown as Parameters<typeof answer>[1], exchange),
      redeemCode: answer,
      deviceFlow: {
        start: () => assert.fail(),
        poll: (who, _code, exchange) =>
          answer(who, redemption as unknown as Parameters<typeof answer>[1], exchange),
      },
      ...provider,
    },
  })
  return { ...jobs, left: () => leaving.passed, open }
}

for (const [kind, begin] of Object.entries(exchanges)) {
  describe(`${kind}: an answer that comes after a logout`, () => {
    for (const revoke of [true, false]) {
      test(`is dropped, and ${revoke ? 'revoked where that was asked for' : 'not revoked by a plain logout'}`, async () => {
        const { runner, happened, grants, unconfirmed, left, open } = prepare()
        const asked = begin(runner).catch(() => {})
        await left()
        await runner.run('forget', { user, account, revoke })
        open()
        await asked
        await runner.close()
        assert.deepEqual([grants.size, unconfirmed.size], [0, 0])
        assert.equal(happened.includes('revoke came later'), revoke)
        assert.equal(happened.includes(`dropped ${user} true`), revoke)
      })
    }
  })
}

for (const [why, revoke] of Object.entries({
  'does not offer revocation': () => Promise.resolve(false),
  'cannot be reached': () => Promise.reject(new ProviderUnavailableError('later')),
})) {
  test(`a token that comes after a logout is said not to be revoked where the provider ${why}`, async () => {
    const { runner, happened, left, open } = prepare({
      revoke: (_account, { refreshToken }) =>
        refreshToken.reveal() === 'stored' ? Promise.resolve(true) : revoke(),
    })
    const asked = runner.run('refresh', { account }).catch(() => {})
    await left()
    await runner.run('forget', { user, account, revoke: true })
    open()
    await asked
    await runner.close()
    assert.ok(happened.includes(`dropped ${user} false`))
  })
}

test('what comes after a new sign-in is not revoked: some providers would end that one too', async () => {
  const { runner, happened, grants, left, open } = prepare()
  const asked = runner.run('refresh', { account }).catch(() => {})
  await left()
  await runner.run('forget', { user, account, revoke: true })
  grants.set(user, grant({ renewal: renewal('signed in again') }))
  open()
  await asked
  await runner.close()
  assert.ok(!happened.includes('revoke came later'))
  assert.ok(happened.includes(`dropped ${user} false`))
  assert.equal(grants.get(user)?.renewal.refreshToken.reveal(), 'signed in again')
})

test('what is sealed while the provider is told of the older one is revoked too', async () => {
  const revoked: string[] = []
  const { runner, grants, left, open } = prepare({
    revoke: async (_account, { refreshToken }) => {
      revoked.push(refreshToken.reveal())
      open()
      await new Promise((resolve) => setImmediate(resolve))
      return true
    },
  })
  const asked = runner.run('refresh', { account }).catch(() => {})
  await left()
  assert.deepEqual(await runner.run('forget', { user, account, revoke: true }), {
    wasRevoked: true,
  })
  await asked
  await runner.close()
  assert.deepEqual(revoked, ['stored', 'came later'])
  assert.equal(grants.size, 0)
})
