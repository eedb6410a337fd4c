/** Hosts that stop or die on their way to the provider or back: what others do, and what reaches the provider. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gate } from '../../support/jobs.ts'
import { account, redeemCodeAt, turns, user } from './fleet-world.ts'
import { assertNothingLost, assertWorks, later, minuteMs, stoppedHost } from './scenes.ts'

test('a host that slept longer than its lease before sending sends nothing', async (t) => {
  const { world, b, refreshed, goOn } = await stoppedHost(t, 'before')
  world.clock.advance(70_000)
  const { reason, host, atMs } = later(await b.refresh())
  assert.deepEqual([reason, host], ['ambiguous', 'a'])
  assert.equal(atMs, (b.token?.expiresAt ?? 0) - 15 * minuteMs)
  goOn()
  assert.equal(later(await refreshed).reason, 'locked')
  assert.ok(world.news.some(({ event }) => event === 'lease_too_short'))
  assert.equal(world.provider.refreshes, 0)
  await assertWorks(world, b)
  assertNothingLost(world)
})

test('a host that slept longer than its lease after sending is waited for', async (t) => {
  const { world, a, b, refreshed, goOn } = await stoppedHost(t, 'after')
  assert.equal(later(await b.refresh()).reason, 'locked')
  world.clock.advance(70_000)
  assert.equal(later(await b.refresh()).reason, 'ambiguous')
  goOn()
  await refreshed
  await b.refresh()
  assert.deepEqual([a.token?.number, b.token?.number], [2, 2])
  assert.equal(world.provider.refreshes, 1)
  assertNothingLost(world)
})

for (const where of ['before', 'after'] as const) {
  test(`a host that dies ${where} sending is taken over in the last quarter`, async (t) => {
    const { world, b, goOn } = await stoppedHost(t, where)
    world.clock.advance(70_000)
    const { atMs } = later(await b.refresh())
    world.clock.advance(atMs - world.clock.wallMs())
    const taken = b.refresh()
    if (where === 'before') await taken
    // Strictly rotating, and nobody has the answer: the one loss that there is.
    else await assert.rejects(taken, { code: 'sign_in_required' })
    assert.ok(world.news.some(({ event, host }) => event === 'takeover' && host === 'a'))
    assert.equal(world.provider.reuses, where === 'before' ? 0 : 1)
    goOn()
  })
}

test('where old refresh tokens stay good a dead host is taken over with its lease', async (t) => {
  const { world, b, goOn } = await stoppedHost(t, 'after')
  world.provider.isLenient = true
  world.clock.advance(61_000)
  const lenient = { ...account, rotation: 'lenient' as const }
  assert.ok(!('later' in ((await b.refresh(lenient)) as object)))
  assert.equal(b.token?.number, 2)
  goOn()
})

test('a grant that another host writes right after the lock is not presented in its older form', async (t) => {
  const [locked, go] = [gate(), gate()]
  let callsSinceLock = Number.NEGATIVE_INFINITY
  const engine = async (writes: boolean) => {
    callsSinceLock = writes ? 0 : callsSinceLock + 1
    // The first is the answer of the lock, the second asks for the grant.
    if (callsSinceLock === 2) {
      locked.open()
      await go.passed
    }
    return 'done' as const
  }
  const { world, a, b: earlier, refreshed, goOn } = await stoppedHost(t, 'after')
  const b = world.host('b2', { engine })
  b.token = earlier.token
  world.clock.advance(61_000)
  const taken = b.refresh({ ...account, rotation: 'lenient' })
  await locked.passed
  goOn()
  await refreshed
  go.open()
  assert.equal(later(await taken).reason, 'locked')
  await b.refresh()
  assert.deepEqual([b.token?.number, b.token?.accessToken], [2, a.token?.accessToken])
  assert.equal(world.provider.refreshes, 1)
  assertNothingLost(world)
})

test('a process that knows that it sent nothing does not wait for itself', async (t) => {
  const { world, a, b, engine, refreshed, goOn } = await stoppedHost(t, 'before')
  world.clock.advance(70_000)
  engine.fate = 'unavailable'
  goOn()
  later(await refreshed)
  await turns()
  engine.fate = 'done'
  assert.equal(later(await b.refresh()).reason, 'ambiguous')
  await assertWorks(world, a)
  assertNothingLost(world)
})

test('a refresh that comes home after a logout elsewhere is revoked, and comes back by nothing', async (t) => {
  const { world, a, b, refreshed, goOn } = await stoppedHost(t, 'after')
  await b.runner.run('forget', { user, revoke: false })
  goOn()
  later(await refreshed)
  assert.deepEqual(world.provider.revoked, [world.provider.current])
  assert.ok(world.news.some(({ event, at }) => event === 'superseded' && at === 'a'))
  const kept = [...world.etcd.keys.keys()].map((name) => name.split('/')[2])
  assert.deepEqual(kept, [])
  await assert.rejects(a.refresh(), { code: 'sign_in_required' })
})

test('a sign-in takes the place of what a running refresh of another host brings', async (t) => {
  const { world, a, b, refreshed, goOn } = await stoppedHost(t, 'after')
  const signedIn = await redeemCodeAt(b)
  goOn()
  later(await refreshed)
  await a.refresh()
  assert.equal(a.token?.accessToken, signedIn.accessToken)
  assert.equal(world.provider.refreshes, 1)
})
