import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ProviderRejectedError,
  ProviderUnavailableError,
  SignInRequiredError,
} from '../../../src/errors.ts'
import { expectedError } from '../../support/golden.ts'
import { hour, minute, served, settled, setUp } from './answered-token.ts'

const refusal = () => new SignInRequiredError('the grant is refused')
const outage = (retryAfterMs?: number) =>
  new ProviderUnavailableError('no route', retryAfterMs === undefined ? {} : { retryAfterMs })

test('an account that nobody signed in for says how to sign in', async () => {
  const { token, calls } = setUp()
  await assert.rejects(
    token.waitForToken(),
    expectedError('sign_in_required', 'an account that nobody signed in for says how to sign in'),
  )
  assert.equal(calls.length, 0)
})

test('a thousand cold requests share one refresh', async () => {
  const { token, calls, call } = setUp()
  token.resume(1)
  const waiting = Array.from({ length: 1_000 }, () => token.waitForToken())
  await settled()
  assert.equal(calls.length, 1)
  await call(0).succeed('T1')
  const tokens = await Promise.all(waiting)
  assert.ok(tokens.every(({ accessToken }) => accessToken.reveal() === 'T1'))
})

test('a grant that another holds overtakes what was under way by the older one', async () => {
  const { token, calls, call } = setUp()
  token.resume(1)
  await settled()
  token.resume(2)
  await settled()
  assert.equal(calls.length, 2)
  await call(1).succeed('T2')
  await call(0).fail(refusal())
  assert.deepEqual([served(token), token.state.name], ['T2', 'active'])
})

test('an account without a sign-in is taken up without one', async () => {
  const { token, call } = setUp()
  token.resume()
  await settled()
  assert.equal(token.history.signedInAt, undefined)
  await call(0).succeed('T1')
  assert.equal(served(token), 'T1')
})

test('a request is refused, to be tried again, when the provider does not answer in time', async () => {
  const { token } = setUp({ answerWithinMs: 1 })
  token.resume(1)
  await assert.rejects(
    token.waitForToken(),
    expectedError(
      'provider_unavailable',
      'a request is refused, to be tried again, when the provider does not answer in time',
    ),
  )
})

test('a token is refreshed before its end while the old one is served', async () => {
  const { token, calls, call, clock } = setUp()
  token.accept(setUp().refreshed('T1'))
  clock.advance(0.64 * hour)
  token.refreshIfDue()
  assert.equal(calls.length, 0)
  clock.advance(0.02 * hour)
  token.refreshIfDue()
  token.refreshIfDue()
  assert.equal(calls.length, 1)
  assert.equal(token.state.name, 'refreshing')
  assert.equal(served(token), 'T1')
  await call(0).succeed('T2')
  assert.equal(token.state.name, 'active')
  assert.equal(served(token), 'T2')
})

test('in an outage the old token is served to the end of its time and never later', async () => {
  const { token, call, clock, refreshed } = setUp()
  token.accept(refreshed('T1'))
  clock.advance(0.7 * hour)
  token.refreshIfDue()
  await call(0).fail(outage())
  assert.equal(token.state.name, 'backing_off')
  clock.advance(0.3 * hour - 31_000)
  assert.equal(served(token), 'T1')
  clock.advance(1_000)
  assert.equal(served(token), undefined)
})

test('after a failure it is tried again when the back-off is over, and Retry-After is honoured', async () => {
  const { token, calls, call, clock } = setUp()
  token.resume(1)
  await call(0).fail(outage(10 * minute))
  clock.advance(10 * minute - 1)
  token.refreshIfDue()
  assert.equal(calls.length, 1)
  clock.advance(1)
  token.refreshIfDue()
  assert.equal(calls.length, 2)
})

test('while backing off a request causes one extra try per ten seconds', async () => {
  const { token, calls, call, clock } = setUp()
  token.resume(1)
  await call(0).fail(outage())
  const first = assert.rejects(token.waitForToken(), {
    code: 'provider_unavailable',
    message: 'no route',
  })
  assert.equal(calls.length, 2)
  await call(1).fail(outage())
  await first
  await assert.rejects(token.waitForToken(), { code: 'provider_unavailable' })
  assert.equal(calls.length, 2)
  clock.advance(10_000)
  const second = token.waitForToken()
  assert.equal(calls.length, 3)
  await call(2).succeed('T1')
  assert.equal((await second).accessToken.reveal(), 'T1')
})

test('a request does not go before the end of a Retry-After, a person may', async () => {
  const { token, calls, call, clock } = setUp()
  token.resume(1)
  await call(0).fail(outage(minute))
  clock.advance(minute - 1)
  await assert.rejects(token.waitForToken(), { code: 'provider_unavailable', message: 'no route' })
  assert.equal(calls.length, 1)
  const explicit = assert.rejects(token.refreshNow(), { code: 'provider_unavailable' })
  assert.equal(calls.length, 2)
  await call(1).fail(outage(minute))
  await explicit
  clock.advance(minute)
  const waiting = token.waitForToken()
  assert.equal(calls.length, 3)
  await call(2).succeed('T1')
  assert.equal((await waiting).accessToken.reveal(), 'T1')
})

test('one refusal of the grant is not believed, a second one a minute later is', async () => {
  const { token, call, clock, events } = setUp()
  token.resume(1)
  await call(0).fail(refusal())
  assert.equal(token.state.name, 'backing_off')
  clock.advance(75_000)
  token.refreshIfDue()
  await call(1).fail(refusal())
  assert.equal(token.state.name, 'sign_in_required')
  assert.deepEqual(
    events.map(({ event }) => event),
    ['token.refresh_failed', 'token.sign_in_required'],
  )
  await assert.rejects(token.waitForToken(), { code: 'sign_in_required' })
})

test('between the two refusals a request is asked to come later, not to sign in', async () => {
  const { token, call, clock, calls } = setUp()
  token.resume(1)
  await call(0).fail(refusal())
  const waiting = assert.rejects(token.waitForToken(), { code: 'provider_unavailable' })
  await call(1).fail(refusal())
  await waiting
  assert.equal(token.state.name, 'backing_off')
  assert.equal(calls.length, 2)
  clock.advance(minute)
  const again = assert.rejects(token.waitForToken(), { code: 'sign_in_required' })
  await call(2).fail(refusal())
  await again
})

test('a refresh that a person asks for counts as one of the two refusals', async () => {
  const { token, call } = setUp()
  token.resume(1)
  await call(0).fail(refusal())
  const explicit = assert.rejects(token.refreshNow(), {
    code: 'sign_in_required',
    message: 'the grant is refused',
  })
  await call(1).fail(refusal())
  await explicit
  assert.equal(token.state.name, 'sign_in_required')
})

test('an outage between two refusals does not make the first forgotten', async () => {
  const { token, call, clock } = setUp()
  token.resume(1)
  await call(0).fail(refusal())
  clock.advance(2 * minute)
  token.refreshIfDue()
  await call(1).fail(outage())
  clock.advance(2 * minute)
  token.refreshIfDue()
  await call(2).fail(refusal())
  assert.equal(token.state.name, 'sign_in_required')
})

test('a success ends the failures', async () => {
  const { token, call, clock, events } = setUp()
  token.resume(1)
  await call(0).fail(outage())
  clock.advance(hour)
  token.refreshIfDue()
  await call(1).succeed('T1')
  assert.equal(events.at(-1)?.event, 'token.refreshed')
  assert.deepEqual(Object.keys(token.state), ['name', 'token'])
})

test('what the operator must fix is not tried on request, and the old token is served', async () => {
  const { token, call, clock, refreshed, calls } = setUp()
  token.accept(refreshed('T1'))
  clock.advance(0.9 * hour)
  token.refreshIfDue()
  await call(0).fail(new ProviderRejectedError('invalid_client'))
  assert.equal(token.state.name, 'misconfigured')
  assert.equal(served(token), 'T1')
  clock.advance(hour)
  await assert.rejects(token.waitForToken(), {
    code: 'provider_rejected',
    message: 'invalid_client',
  })
  assert.equal(calls.length, 1)
})

test('a sign-in overtakes a refresh: its late answer is dropped', async () => {
  const { token, call, refreshed } = setUp()
  token.resume(1)
  token.accept(refreshed('NEW'))
  await call(0).succeed('OLD')
  assert.equal(served(token), 'NEW')
  assert.equal(token.state.name, 'active')
})

test('a late failure of an overtaken refresh does no harm either', async () => {
  const { token, call, refreshed } = setUp()
  token.resume(1)
  token.accept(refreshed('NEW'))
  await call(0).fail(refusal())
  assert.equal(token.state.name, 'active')
})

test('those who wait for a refresh that a sign-in overtakes get the token of the sign-in', async () => {
  const { token, call, refreshed } = setUp()
  token.resume(1)
  const waiting = token.waitForToken()
  token.accept(refreshed('NEW'))
  assert.equal((await waiting).accessToken.reveal(), 'NEW')
  await call(0).fail(outage())
  assert.equal(served(token), 'NEW')
})

test('a logout forgets at once, also while a refresh is under way', async () => {
  const { token, call, refreshed } = setUp()
  token.accept(refreshed('T1'))
  const overtaken = assert.rejects(token.refreshNow(), { code: 'sign_in_required' })
  token.forget('logout')
  await call(0).succeed('T2')
  await overtaken
  assert.equal(token.state.name, 'signed_out')
  assert.equal(served(token), undefined)
  assert.deepEqual([token.history.signedInAt, token.history.lastRefreshAt], [undefined, undefined])
})

test('an open sign-in leaves the token that is there in service', async () => {
  const { token, refreshed } = setUp()
  token.accept(refreshed('T1'))
  token.countSignIn(1)
  assert.equal(token.isSigningIn, true)
  assert.equal(served(token), 'T1')
  token.countSignIn(-1)
  assert.equal(token.isSigningIn, false)
})

test('setting the wall clock back a day keeps no token beyond its time', async () => {
  const { token, clock, refreshed } = setUp()
  token.accept(refreshed('T1'))
  clock.step(-24 * hour)
  clock.advance(hour)
  assert.equal(served(token), undefined)
})

test('a wall clock that was set back moves the moments that are told', () => {
  const { token, clock, refreshed } = setUp()
  token.accept(refreshed('T1'))
  const toldIn = () => [token.servable?.expiresAt, token.nextRefreshAt].map(inMs)
  const inMs = (at = Number.NaN) => at - clock.wallMs()
  assert.deepEqual(toldIn(), [hour, 0.65 * hour])
  clock.step(-24 * hour)
  clock.advance(minute)
  assert.deepEqual(toldIn(), [hour - minute, 0.65 * hour - minute])
})

test('setting the wall clock forward two hours ends the token', async () => {
  const { token, clock, refreshed } = setUp()
  token.accept(refreshed('T1'))
  clock.step(2 * hour)
  assert.equal(served(token), undefined)
})

test('tokens that are over when they come are failures: no request asks for another one at once', async () => {
  for (const lifetimeMs of [900, 0, -5_000]) {
    const { token, calls, call, clock } = setUp()
    token.resume(1)
    await call(0).succeed('T1', lifetimeMs)
    assert.equal(token.state.name, 'backing_off')
    const first = assert.rejects(
      token.waitForToken(),
      expectedError('provider_protocol', 'a token that is over when it comes', {
        user: 'user@example.com',
      }),
    )
    await call(1).succeed('T2', lifetimeMs)
    await first
    for (let request = 0; request < 5; request++) {
      await assert.rejects(token.waitForToken(), { code: 'provider_protocol' })
    }
    assert.equal(calls.length, 2)
    clock.advance(10_000)
    const later = token.waitForToken()
    await call(2).succeed('T3')
    assert.equal((await later).accessToken.reveal(), 'T3')
  }
})

test('a token of a few seconds is served for what it has, and its successor asked for every 5 s', async () => {
  const { token, calls, call, clock } = setUp()
  token.resume(1)
  await call(0).succeed('T1', 2_000)
  assert.equal(served(token), 'T1')
  clock.advance(2_000)
  await assert.rejects(
    token.waitForToken(),
    expectedError(
      'provider_unavailable',
      'a token of a few seconds is served for what it has, and its successor asked for every 5 s',
      { user: 'user@example.com' },
    ),
  )
  assert.equal(calls.length, 1)
  clock.advance(3_000)
  const waiting = token.waitForToken()
  await call(1).succeed('T2', 2_000)
  assert.equal((await waiting).accessToken.reveal(), 'T2')
})
