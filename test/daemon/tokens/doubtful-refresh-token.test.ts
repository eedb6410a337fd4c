/** Refresh tokens that may have been rotated unheard, and how long they are left alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProviderRejectedError, ProviderUnavailableError } from '../../../src/errors.ts'
import { minute, settled, setUp } from './answered-token.ts'

/** Minutes until the next refresh that nobody asks for. */
const nextIn = ({ token, clock }: ReturnType<typeof setUp>) =>
  ((token.nextRefreshAt ?? 0) - clock.wallMs()) / minute

test('a newer sign-in that may have been rotated unheard is left alone until the last quarter', async () => {
  const world = setUp()
  const { token, calls, clock, refreshed } = world
  token.accept(refreshed('T1'))
  assert.equal(nextIn(world), 39)
  token.accept({ ...refreshed('T2'), isNewerInDoubt: true })
  assert.equal(nextIn(world), 45)
  clock.advance(44 * minute)
  token.refreshIfDue()
  void token.waitForToken()
  assert.equal(calls.length, 0)
  clock.advance(minute)
  token.refreshIfDue()
  await settled()
  assert.equal(calls.length, 1)
})

test('the same where that is known only after the older one has brought a token', () => {
  const world = setUp()
  const { token, refreshed } = world
  token.accept(refreshed('T1'))
  token.failLate(new ProviderUnavailableError('never answered', { isFateUnknown: true }))
  assert.deepEqual([token.state.name, nextIn(world)], ['active', 45])
})

test('where old refresh tokens stay good, nothing is left alone', () => {
  const world = setUp()
  const { token, refreshed } = world
  token.accept(refreshed('T1'))
  token.reconfigure({ ...token.account, rotation: 'lenient' })
  token.accept({ ...refreshed('T2'), isNewerInDoubt: true })
  token.failLate(new ProviderUnavailableError('never answered', { isFateUnknown: true }))
  assert.equal(nextIn(world), 39)
})

for (const [what, error] of Object.entries({
  'fails on its way': new ProviderUnavailableError('no route'),
  'is refused as a client': new ProviderRejectedError('the client secret is wrong'),
})) {
  test(`a doubt outlives a refresh by name that ${what}`, async () => {
    const world = setUp()
    const { token, call, refreshed } = world
    token.accept({ ...refreshed('T1'), isNewerInDoubt: true })
    const refused = assert.rejects(token.refreshNow(), error)
    await settled()
    await call(0).fail(error)
    await refused
    assert.equal(nextIn(world), 45)
    void token.waitForToken()
    await settled()
    const again = token.refreshNow()
    await settled()
    await call(1).succeed('T2')
    await again
    assert.equal(nextIn(world), 39)
  })
}

test('a doubt about the refresh token itself outlives one that fails on its way', async () => {
  const world = setUp()
  const { token, call, refreshed } = world
  token.accept(refreshed('T1'))
  for (const [index, isFateUnknown] of [true, false].entries()) {
    const error = new ProviderUnavailableError('no answer', { isFateUnknown })
    const refused = assert.rejects(token.refreshNow(), error)
    await settled()
    await call(index).fail(error)
    await refused
    assert.equal(nextIn(world), 45)
  }
})
