/** The ways in which a sign-in can fail, and what is left of its page then. */
import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import {
  type CmsOauthError,
  ConfigInvalidError,
  ProviderRejectedError,
  ProviderUnavailableError,
  SignInFailedError,
  StoreLockedError,
} from '../../../src/errors.ts'
import type { FreshToken } from '../../../src/messages/renewer-jobs.ts'
import { findFreePorts } from '../../support/free-ports.ts'
import { assertSentence, expectedError, type Names } from '../../support/golden.ts'
import { defer } from './deferred.ts'
import { fetchPage, openSignIn, providerUrl, refreshed, textOf } from './open-sign-in.ts'

const user = 'user@example.com'

test('an answer that names another issuer ends the sign-in', async (context) => {
  const { answer, outcome, redemptions, pageUrl } = await openSignIn(context, {
    startAuthorization: async () => ({ url: providerUrl, issuer: 'https://issuer.example' }),
  })
  await answer({ code: 'x', iss: 'https://evil.example' })
  const names = { user, named: 'https://evil.example', expected: 'https://issuer.example' }
  await assert.rejects(outcome, expectedError('provider_protocol', 'another issuer', names))
  assert.deepEqual(redemptions, [])
  assertSentence(textOf(await fetchPage(pageUrl)), 'the page of another issuer', names)
})

test('access denied is told on the page and to whoever waits', async (context) => {
  const { answer, outcome, pageUrl } = await openSignIn(context)
  await answer({ error: 'access_denied', error_description: 'The user said no' })
  await assert.rejects(outcome, expectedError('sign_in_failed', 'access denied', { user }))
  assertSentence(textOf(await fetchPage(pageUrl)), 'the page of access denied', {
    user,
    code: 'access_denied',
    said: 'The user said no',
  })
})

test('the page waits for the provider, and shows a provider that fails', async (context) => {
  const starting = defer<never>()
  const { outcome, pageUrl } = await openSignIn(context, {
    startAuthorization: () => starting.promise,
  })
  const page = fetchPage(pageUrl)
  starting.reject(new ProviderUnavailableError('no answer within 20 s'))
  await assert.rejects(
    outcome,
    expectedError('provider_unavailable', 'a provider that fails', {
      user,
      why: 'no answer within 20 s',
    }),
  )
  assertSentence(textOf(await page), 'the page of a provider that fails', {
    user,
    why: 'No answer within 20 s',
  })
})

test('each failure of the redemption ends the sign-in and has its page', async (context) => {
  const wrongAccount = new SignInFailedError(
    'you signed in as "x@example.com", not as "user@example.com"',
    {
      hint: 'sign in again with the right account; if "x@example.com" is right, set login_hint = "x@example.com" for "user@example.com"',
    },
  )
  const answer = { error: 'invalid_client', aadsts: 7000215, correlationId: 'c-1' }
  const cases: [what: string, CmsOauthError, Names][] = [
    ['another account', wrongAccount, { user, who: 'x@example.com' }],
    [
      'an application that is refused',
      new ProviderRejectedError('refused', { hint: 'look', answer }),
      { number: 'AADSTS7000215', correlationId: 'c-1', step: 'Look' },
    ],
    [
      'a wrong configuration',
      new ConfigInvalidError('the secret is missing'),
      { why: 'The secret is missing' },
    ],
    ['a locked store', new StoreLockedError('another host works on it'), {}],
  ]
  for (const [what, error, names] of cases) {
    const signIn = await openSignIn(context, { redeemCode: () => Promise.reject(error) })
    await signIn.answer({ code: 'x' })
    await assert.rejects(signIn.outcome, error)
    assertSentence(textOf(await fetchPage(signIn.pageUrl)), `the page of ${what}`, names)
  }
})

test('a sign-in that nobody finishes ends after ten minutes', async (context) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  context.after(() => mock.timers.reset())
  const { answer, outcome, pageUrl, redemptions } = await openSignIn(context)
  mock.timers.tick(599_999)
  assert.match(textOf(await fetchPage(pageUrl)), /Continue to issuer.example/)
  mock.timers.tick(1)
  await assert.rejects(
    outcome,
    expectedError('sign_in_failed', 'too long', { user, limit: '10 minutes' }),
  )
  assert.equal((await answer({ code: 'too late' })).status, 303)
  assert.deepEqual(redemptions, [])
  // Whoever stayed at the provider for so long comes back to it.
  mock.timers.tick(3_599_999)
  assertSentence(textOf(await fetchPage(pageUrl)), 'the page of one that took too long', { user })
  mock.timers.tick(1)
  await assert.rejects(fetchPage(pageUrl), { code: 'ECONNREFUSED' })
})

test('a wall clock that is set an hour ahead meanwhile ends no sign-in', async (context) => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  context.after(() => mock.timers.reset())
  const { answer, outcome } = await openSignIn(context)
  mock.timers.setTime(Date.now() + 3_600_000)
  await answer({ code: 'x' })
  assert.deepEqual(await outcome, refreshed())
})

test('time that was slept through counts too', async (context) => {
  let now = 0
  const { answer, outcome, redemptions } = await openSignIn(context, { now: () => now })
  now = 600_000
  await answer({ code: 'too late' })
  await assert.rejects(outcome, { code: 'sign_in_failed' })
  assert.deepEqual(redemptions, [])
})

test('a sign-in that is cancelled accepts no more answers, and its page says why', async (context) => {
  const { answer, cancel, outcome, pageUrl, redemptions } = await openSignIn(context)
  const error = new SignInFailedError('a newer sign-in took its place', {
    hint: 'use the newer page',
  })
  cancel(error)
  cancel(new SignInFailedError('too late'))
  await assert.rejects(outcome, error)
  await answer({ code: 'x' })
  assert.deepEqual(redemptions, [])
  assertSentence(textOf(await fetchPage(pageUrl)), 'the page of one that was cancelled', {
    why: 'A newer sign-in took its place',
    step: 'Use the newer page',
  })
})

test('what a redemption gives after the sign-in was cancelled is dropped', async (context) => {
  const redeeming = defer<FreshToken>()
  const signIn = await openSignIn(context, { redeemCode: () => redeeming.promise })
  await signIn.answer({ code: 'x' })
  signIn.cancel(new SignInFailedError('superseded'))
  redeeming.resolve(refreshed())
  await assert.rejects(signIn.outcome, { code: 'sign_in_failed', message: 'superseded' })
})

test('Back and Reload find the outcome for two minutes, and no code is redeemed twice', async (context) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  context.after(() => mock.timers.reset())
  const { answer, outcome, pageUrl, redemptions } = await openSignIn(context)
  const { location = '' } = await answer({ code: 'x' })
  await outcome
  for (const url of [pageUrl, new URL(location, pageUrl).href, pageUrl]) {
    assertSentence(textOf(await fetchPage(url)), 'the page of success', { user })
  }
  assert.equal((await answer({ code: 'x' })).location, location)
  assert.equal(redemptions.length, 1)
  mock.timers.tick(119_999)
  assertSentence(textOf(await fetchPage(pageUrl)), 'the page of success', { user })
  mock.timers.tick(1)
  await assert.rejects(fetchPage(pageUrl), { code: 'ECONNREFUSED' })
})

test('at a port that the next sign-in needs, the page is gone once its outcome was fetched', async (context) => {
  const { answer, pageUrl } = await openSignIn(context, {
    listen: { port: (await findFreePorts(1))[0] ?? 0 },
  })
  await answer({ code: 'x' })
  assertSentence(textOf(await fetchPage(pageUrl)), 'the page of success', { user })
  await assert.rejects(fetchPage(pageUrl), { code: 'ECONNREFUSED' })
})

const retryUrl = () => Promise.resolve('http://127.0.0.1:1/again')

test('a failure that another try can end leads to one; others do not', async (context) => {
  const denied = await openSignIn(context, { retryUrl })
  await denied.answer({ error: 'access_denied' })
  assert.match(
    (await fetchPage(denied.pageUrl)).body,
    /href="http:\/\/127\.0\.0\.1:1\/again"[^]*Try again/,
  )
  const without = await openSignIn(context)
  await without.answer({ error: 'access_denied' })
  assert.doesNotMatch(textOf(await fetchPage(without.pageUrl)), /Try again/)
  for (const error of [new ConfigInvalidError('no secret'), new ProviderRejectedError('no')]) {
    const signIn = await openSignIn(context, { retryUrl, redeemCode: () => Promise.reject(error) })
    await signIn.answer({ code: 'x' })
    assert.doesNotMatch(textOf(await fetchPage(signIn.pageUrl)), /Try again/)
  }
})

test('a wrong address gets a page, and changes nothing', async (context) => {
  const { outcome, answer, pageUrl } = await openSignIn(context)
  const { status, body } = await fetchPage(pageUrl.slice(0, -1))
  assert.equal(status, 404)
  assertSentence(textOf({ status, body, location: undefined }), 'the page of a wrong address')
  await answer({ code: 'x' })
  await outcome
})

test('an outcome that nobody fetches is kept for 30 seconds at a fixed port', async (context) => {
  const listen = { port: (await findFreePorts(1))[0] ?? 0 }
  mock.timers.enable({ apis: ['setTimeout'] })
  context.after(() => mock.timers.reset())
  const { answer, outcome, pageUrl } = await openSignIn(context, { listen })
  await answer({ code: 'x' })
  await outcome
  mock.timers.tick(29_999)
  assert.equal((await fetchPage(new URL('/', pageUrl).href)).status, 400)
  mock.timers.tick(1)
  await assert.rejects(fetchPage(pageUrl), { code: 'ECONNREFUSED' })
})
