/** What becomes at the provider of a sign-in that was somebody else's. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProviderUnavailableError } from '../../../src/errors.ts'
import type { Provider } from '../../../src/renewer/providers/provider.ts'
import { expectedError } from '../../support/golden.ts'
import { account, grant, prepareJobs, redemption, tokens } from '../../support/jobs.ts'

const { user } = account
const foreign = tokens({ identities: ['x@example.com'] })

/** A sign-in as x@example.com, with this in the provider and in the store. */
function signInAsX(provider: Partial<Provider> = {}, isSignedInElsewhere = false) {
  return prepareJobs({
    grants: [grant()],
    isSignedInElsewhere,
    provider: { redeemCode: () => Promise.resolve(foreign), ...provider },
  })
}

test('it is revoked, so that no live refresh token is left, and the older sign-in stays', async () => {
  const { runner, happened, grants, unconfirmed } = signInAsX()
  await assert.rejects(
    runner.run('redeem-code', redemption),
    expectedError('sign_in_failed', 'a sign-in that was revoked', { user, who: 'x@example.com' }),
  )
  assert.ok(happened.includes('revoke rotated'))
  assert.equal(unconfirmed.size, 0)
  assert.equal(grants.get(user)?.renewal.refreshToken.reveal(), 'stored')
})

for (const [why, revoke] of [
  ['does not offer revocation', () => Promise.resolve(false)],
  ['cannot be reached', () => Promise.reject(new ProviderUnavailableError('later'))],
] as const) {
  test(`it is kept for a changed login_hint where the provider ${why}`, async () => {
    const { runner, unconfirmed } = signInAsX({ revoke })
    await assert.rejects(
      runner.run('redeem-code', redemption),
      expectedError('sign_in_failed', 'a sign-in that is kept', { user, who: 'x@example.com' }),
    )
    assert.deepEqual(unconfirmed.get(user)?.addresses, ['x@example.com'])
  })
}

test('it is kept where another account is signed in as that person: both might end', async () => {
  const { runner, happened, unconfirmed } = signInAsX({}, true)
  await assert.rejects(runner.run('redeem-code', redemption), { code: 'sign_in_failed' })
  assert.ok(!happened.some((event) => event.startsWith('revoke')))
  assert.equal(unconfirmed.size, 1)
})

test('an import is kept: the program that the token comes from goes on with it', async () => {
  const { runner, happened, unconfirmed } = signInAsX({ refresh: () => Promise.resolve(foreign) })
  await assert.rejects(runner.run('import', { account, refreshToken: 'foreign' }), {
    code: 'sign_in_failed',
  })
  assert.ok(!happened.some((event) => event.startsWith('revoke')))
  assert.equal(unconfirmed.size, 1)
})
