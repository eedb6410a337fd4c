import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDeviceSignIn } from '../../../src/daemon/sign-in/device-sign-in.ts'
import {
  ProviderProtocolError,
  ProviderUnavailableError,
  SignInFailedError,
} from '../../../src/errors.ts'
import type { Jobs } from '../../../src/messages/renewer-jobs.ts'
import { testAccount } from '../../support/accounts.ts'
import { defer } from './deferred.ts'
import { refreshed } from './open-sign-in.ts'
import { expectedError } from '../../support/golden.ts'

type Polled = Jobs['poll-device-code']['result']

const pending: Polled = { later: 'authorization_pending' }
const slowDown: Polled = { later: 'slow_down' }
const noRoute = new ProviderUnavailableError('no route')

/** A sign-in whose clock moves by its pauses alone, and whose polls are answered in this order. */
async function run(
  answers: (Polled | Error)[],
  { expiresInS = 900, intervalS = 5, steppedMs = 0 } = {},
) {
  let nowMs = 1_000_000
  let setMs = 0
  const pauses: number[] = []
  const codes: string[] = []
  const signIn = await openDeviceSignIn({
    account: testAccount(),
    startDeviceAuthorization: async () => ({
      deviceCode: 'canary-device-code',
      userCode: 'ABCD-EFGH',
      verificationUri: 'https://issuer.example/device',
      expiresAt: nowMs + expiresInS * 1_000,
      intervalMs: intervalS * 1_000,
    }),
    pollDeviceCode: async ({ deviceCode }) => {
      codes.push(deviceCode)
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      if (answer === undefined || answer instanceof Error) throw answer
      return answer
    },
    clock: { wallMs: () => nowMs + setMs, bootMs: () => nowMs },
    pause: async (ms) => {
      pauses.push(ms / 1_000)
      nowMs += ms
      setMs = steppedMs
    },
  })
  return { signIn, pauses, codes }
}

test('it waits for the interval before each poll, until the person is done', async () => {
  const { signIn, pauses, codes } = await run([pending, pending, refreshed()])
  assert.deepEqual(await signIn.outcome, refreshed())
  assert.deepEqual(pauses, [5, 5, 5])
  assert.deepEqual([...new Set(codes)], ['canary-device-code'])
})

for (const steppedMs of [3_600_000, -3_600_000]) {
  test(`a wall clock that is set by ${steppedMs} ms meanwhile changes nothing`, async () => {
    const options = { expiresInS: 12, steppedMs }
    const { signIn, pauses } = await run([pending, refreshed()], options)
    assert.deepEqual(await signIn.outcome, refreshed())
    assert.deepEqual(pauses, [5, 5])
    const late = await run([pending], options)
    await assert.rejects(late.signIn.outcome, { code: 'sign_in_failed' })
    assert.deepEqual(late.pauses, [5, 5, 2])
  })
}

test('who waits for it never learns the device code', async () => {
  const { signIn } = await run([refreshed()])
  assert.ok(!JSON.stringify(signIn).includes('canary'))
  assert.equal(signIn.verification.userCode, 'ABCD-EFGH')
})

test('each slow_down makes this poll and all that follow 5 s rarer', async () => {
  const { signIn, pauses } = await run([slowDown, pending, slowDown, pending, refreshed()])
  await signIn.outcome
  assert.deepEqual(pauses, [5, 10, 10, 15, 15])
})

test('a provider that cannot be reached is asked more rarely, up to a minute, and never the end', async () => {
  const failures = Array.from({ length: 5 }, () => noRoute)
  const { signIn, pauses } = await run([...failures, pending, refreshed()])
  await signIn.outcome
  assert.deepEqual(pauses, [5, 10, 20, 40, 60, 60, 5])
})

test('a provider that asks to wait is waited for', async () => {
  const busy = new ProviderUnavailableError('429', { retryAfterMs: 90_000 })
  const { signIn, pauses } = await run([busy, refreshed()])
  await signIn.outcome
  assert.deepEqual(pauses, [5, 90])
})

test('the end of the code ends it, in time, whatever the provider says', async () => {
  const { signIn, pauses } = await run([pending], { expiresInS: 12 })
  await assert.rejects(
    signIn.outcome,
    expectedError(
      'sign_in_failed',
      'the end of the code ends it, in time, whatever the provider says',
      { user: 'user@example.com' },
    ),
  )
  assert.deepEqual(pauses, [5, 5, 2])
})

test('an error that will not pass ends it', async () => {
  const denied = new SignInFailedError('denied', { answer: { error: 'access_denied' } })
  const { signIn, codes } = await run([pending, denied])
  await assert.rejects(signIn.outcome, denied)
  assert.equal(codes.length, 2)
})

test('a sign-in without a code to begin with fails at once, and promises no other try', async () => {
  for (const error of [noRoute, new ProviderProtocolError('HTML')]) {
    const started = openDeviceSignIn({
      account: testAccount(),
      startDeviceAuthorization: () => Promise.reject(error),
      pollDeviceCode: () => assert.fail(),
    })
    await assert.rejects(started, { code: error.code, message: error.message })
  }
})

test('a cancelled one ends at once; a poll under way is heard, and no other follows', async () => {
  const asked = defer<void>()
  const answer = defer<Polled>()
  let polls = 0
  const signIn = await openDeviceSignIn({
    account: testAccount(),
    startDeviceAuthorization: async () => ({
      deviceCode: 'canary-device-code',
      userCode: 'ABCD-EFGH',
      verificationUri: 'https://issuer.example/device',
      expiresAt: Date.now() + 60_000,
      intervalMs: 1,
    }),
    pollDeviceCode: async () => {
      polls++
      asked.resolve()
      return answer.promise
    },
    pause: (ms, signal) => sleep(ms, undefined, { signal }),
  })
  await asked.promise
  const end = new SignInFailedError('a newer one')
  signIn.cancel(end)
  await assert.rejects(signIn.outcome, end)
  answer.resolve(pending)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(polls, 1)
  signIn.cancel(new SignInFailedError('again'))
  await assert.rejects(signIn.outcome, end)
})
