import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProviderUnavailableError, SignInRequiredError } from '../../../src/errors.ts'
import { nameTestingEnd } from '../../../src/renewer/jobs/testing-end.ts'
import { testAccount } from '../../support/accounts.ts'
import { grant, prepareJobs } from '../../support/jobs.ts'
import { assertSentence } from '../../support/golden.ts'
import { tokenOf } from '../../support/token-of.ts'

const hourMs = 60 * 60_000
const dayMs = 24 * hourMs
const signedInAt = Date.UTC(2026, 0, 1)
const account = testAccount({ provider: 'gmail' })
const answer = { status: 400, error: 'invalid_grant', description: 'Token has been expired.' }
const refusal = new SignInRequiredError('refused', { answer })

function named(refreshedAfterMs: number, failedAfterMs: number, error: unknown = refusal) {
  const stored = grant({
    provider: 'gmail',
    signedInAt,
    refreshedAt: signedInAt + refreshedAfterMs,
  })
  return nameTestingEnd(account, stored, error, signedInAt + failedAfterMs)
}

test('a sign-in that ends about seven days after it was made is named as one of an app in Testing', () => {
  for (const [refreshed, failed] of [
    [7 * dayMs - hourMs, 7 * dayMs + 60_000],
    [7 * dayMs - 30 * 60_000, 7 * dayMs - 1_000],
    // The machine was off over the weekend.
    [6 * dayMs + hourMs, 10 * dayMs],
    // The daemon was off all the week.
    [0, 7 * dayMs + 5 * hourMs],
  ] as const) {
    const error = named(refreshed, failed) as SignInRequiredError
    assert.equal(error.code, 'sign_in_required')
    assertSentence(error.message, 'an app in Testing', {
      user: 'user@example.com',
      name: 'Testing',
    })
    assertSentence(error.hint, 'what to do about an app in Testing', { user: 'user@example.com' })
    assert.equal(error.actor, 'you')
    assert.deepEqual(error.answer, answer)
  }
})

test('a sign-in of another age keeps its error', () => {
  for (const [refreshed, failed] of [
    [hourMs, 2 * hourMs],
    [6 * dayMs, 6 * dayMs + hourMs],
    // A refresh has worked after the seventh day: the app is published.
    [8 * dayMs, 8 * dayMs + hourMs],
    // Off from the second day to the twentieth: it may be anything.
    [2 * dayMs, 20 * dayMs],
  ] as const) {
    assert.equal(named(refreshed, failed), refusal)
  }
})

test('another provider, another trouble or another word is left alone', () => {
  const at = [7 * dayMs - hourMs, 7 * dayMs + hourMs] as const
  const outage = new ProviderUnavailableError('no route')
  assert.equal(named(...at, outage), outage)
  const interaction = new SignInRequiredError('x', { answer: { error: 'interaction_required' } })
  assert.equal(named(...at, interaction), interaction)
  const stored = grant({ signedInAt, refreshedAt: signedInAt + at[0] })
  assert.equal(nameTestingEnd(testAccount(), stored, refusal, signedInAt + at[1]), refusal)
})

test('a refresh job names it, and what the provider announced of the end outlives a refresh', async () => {
  const now = Date.UTC(2026, 0, 1)
  const stored = grant({
    provider: 'gmail',
    signedInAt: now - 7 * dayMs - 60_000,
    refreshedAt: now - 7 * dayMs + hourMs,
  })
  const { runner } = prepareJobs({
    grants: [stored],
    provider: { refresh: () => Promise.reject(refusal) },
  })
  await assert.rejects(runner.run('refresh', { account }), { message: /in "Testing"$/ })
  const renewalExpiresAt = now + dayMs
  const { runner: another, grants } = prepareJobs({ grants: [grant({ renewalExpiresAt })] })
  const refreshed = await tokenOf(another.run('refresh', { account: testAccount() }))
  assert.equal(refreshed.renewalExpiresAt, renewalExpiresAt)
  assert.equal(grants.get('user@example.com')?.renewalExpiresAt, renewalExpiresAt)
})
