/** Scenes of hosts that share an account: what each is told, and what reaches the provider. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gate } from '../../support/jobs.ts'
import { account, appAccount, fleetWorld, signIn, turns, user } from './fleet-world.ts'
import {
  assertNothingLost,
  assertWorks,
  deciding,
  dueMs,
  later,
  minuteMs,
  overtakenBeforeLock,
  stopping,
  twoHosts,
} from './scenes.ts'

test('a sign-in at one host is adopted by another without a word to the provider', async (t) => {
  const world = fleetWorld(t)
  const [a, b] = [world.host('a'), world.host('b')]
  await signIn(world, a)
  assert.equal(a.token?.number, 1)
  await b.refresh()
  assert.equal(world.provider.refreshes, 1)
  assert.equal(b.token?.accessToken, a.token?.accessToken)
  assert.deepEqual([b.token?.number, b.token?.signedInAt], [1, a.token?.signedInAt])
  assert.equal(b.token?.lifetimeMs, 3_600_000)
})

test('of hosts that are due together one asks, and the others have what came', async (t) => {
  const { world, a, b } = await twoHosts(t)
  const hosts = [a, b, world.host('c')]
  await Promise.all(hosts.map((host) => host.refresh()))
  for (const host of hosts) if (host.token?.number !== 2) await host.refresh()
  assert.equal(world.provider.refreshes, 1)
  assert.deepEqual(
    hosts.map((host) => host.token?.number),
    [2, 2, 2],
  )
  assertNothingLost(world)
})

test('a token that the host knows is asked for again; a newer one is not', async (t) => {
  const { world, a, b } = await twoHosts(t)
  await a.refresh()
  await b.refresh()
  assert.equal(world.provider.refreshes, 1)
  await assertWorks(world, b)
  assert.equal(b.token?.number, 3)
})

test('a host that slept longer than its lease before sending sends nothing', async (t) => {
  const stop = stopping()
  const { world, a, b } = await twoHosts(t, stop.ways)
  stop.stopAt('before')
  const paused = a.refresh()
  await stop.arrived
  world.clock.advance(70_000)
  const { reason, host, atMs } = later(await b.refresh())
  assert.deepEqual([reason, host], ['ambiguous', 'a'])
  assert.equal(atMs, (b.token?.expiresAt ?? 0) - 15 * minuteMs)
  stop.open()
  assert.equal(later(await paused).reason, 'locked')
  assert.ok(world.news.some(({ event }) => event === 'lease_too_short'))
  assert.equal(world.provider.refreshes, 0)
  await assertWorks(world, b)
  assertNothingLost(world)
})

test('a host that slept longer than its lease after sending is waited for', async (t) => {
  const stop = stopping()
  const { world, a, b } = await twoHosts(t, stop.ways)
  stop.stopAt('after')
  const paused = a.refresh()
  await stop.arrived
  assert.equal(later(await b.refresh()).reason, 'locked')
  world.clock.advance(70_000)
  assert.equal(later(await b.refresh()).reason, 'ambiguous')
  stop.open()
  await paused
  await b.refresh()
  assert.deepEqual([a.token?.number, b.token?.number], [2, 2])
  assert.equal(world.provider.refreshes, 1)
  assertNothingLost(world)
})

for (const where of ['before', 'after'] as const) {
  test(`a host that dies ${where} sending is taken over in the last quarter`, async (t) => {
    const stop = stopping()
    const { world, a, b } = await twoHosts(t, stop.ways)
    stop.stopAt(where)
    void a.refresh().catch(() => {})
    await stop.arrived
    world.clock.advance(70_000)
    const { atMs } = later(await b.refresh())
    world.clock.advance(atMs - world.clock.wallMs())
    const taken = b.refresh()
    if (where === 'before') await taken
    // Strictly rotating, and nobody has the answer: the one loss that there is.
    else await assert.rejects(taken, { code: 'sign_in_required' })
    assert.ok(world.news.some(({ event, host }) => event === 'takeover' && host === 'a'))
    assert.equal(world.provider.reuses, where === 'before' ? 0 : 1)
    stop.open()
  })
}

test('where old refresh tokens stay good a dead host is taken over with its lease', async (t) => {
  const stop = stopping()
  const { world, a, b } = await twoHosts(t, stop.ways)
  world.provider.isLenient = true
  stop.stopAt('after')
  void a.refresh().catch(() => {})
  await stop.arrived
  world.clock.advance(61_000)
  const lenient = { ...account, rotation: 'lenient' as const }
  assert.ok(!('later' in ((await b.refresh(lenient)) as object)))
  assert.equal(b.token?.number, 2)
  stop.open()
})

test('a grant that another host writes right after the lock is not presented in its older form', async (t) => {
  const stop = stopping()
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
  const { world, a, b: earlier } = await twoHosts(t, stop.ways)
  const b = world.host('b2', { engine })
  b.token = earlier.token
  stop.stopAt('after')
  const paused = a.refresh()
  await stop.arrived
  world.clock.advance(61_000)
  const taken = b.refresh({ ...account, rotation: 'lenient' })
  await locked.passed
  stop.open()
  await paused
  go.open()
  assert.equal(later(await taken).reason, 'locked')
  await b.refresh()
  assert.deepEqual([b.token?.number, b.token?.accessToken], [2, a.token?.accessToken])
  assert.equal(world.provider.refreshes, 1)
  assertNothingLost(world)
})

test('a lock whose answer is lost is read back', async (t) => {
  const way = deciding()
  const { world, a } = await twoHosts(t, way.ways)
  let lost = 0
  way.ways.engine = (writes: boolean) => {
    if (!writes || lost > 0) return Promise.resolve('done')
    lost += 1
    return Promise.resolve('lost')
  }
  const host = world.host('a2', { engine: (writes) => way.ways.engine(writes) })
  host.token = a.token
  await assertWorks(world, host)
  assert.equal(lost, 1)
  assert.equal(host.token?.number, 2)
  assertNothingLost(world)
})

test('a lock does not wipe out the intent of another host that came first', async (t) => {
  let answers: 'done' | 'lost' = 'done'
  const provider = () => Promise.resolve(answers)
  const { world, b, late, open } = await overtakenBeforeLock(t, { fateOfA: 'done', provider })
  answers = 'lost'
  await assert.rejects(b.refresh(), { isFateUnknown: true })
  await turns()
  open()
  assert.equal(later(await late).reason, 'ambiguous')
  assert.equal(world.provider.refreshes, 1)
})

test('a lock that the engine did not take is not believed', async (t) => {
  const stop = stopping()
  const { provider } = stop.ways
  const facts = { fateOfA: 'unavailable' as const, provider }
  const { world, b, late, open } = await overtakenBeforeLock(t, facts)
  stop.stopAt('before')
  const other = b.refresh()
  await stop.arrived
  open()
  await assert.rejects(late, { code: 'store_locked' })
  stop.open()
  await other
  assert.equal(world.provider.refreshes, 1)
  assertNothingLost(world)
})

test('without the engine nothing is asked, and the error names it', async (t) => {
  const way = deciding()
  const { world, a } = await twoHosts(t, way.ways)
  way.state.fate = 'unavailable'
  await assert.rejects(a.refresh(), {
    code: 'store_locked',
    message: /https:\/\/etcd\.example:2379/,
  })
  await assert.rejects(a.runner.run('forget', { user, revoke: false }), { code: 'store_locked' })
  await assert.rejects(a.runner.run('import', { account, refreshToken: 'x' }), {
    code: 'store_locked',
  })
  assert.equal(world.provider.refreshes, 0)
  way.state.fate = 'done'
  await assertWorks(world, a)
})

test('an answer that the engine does not take lies aside, and is written by the next process', async (t) => {
  const way = deciding()
  const stop = stopping()
  const { world, a, b } = await twoHosts(t, { ...way.ways, ...stop.ways })
  stop.stopAt('after')
  const refreshed = a.refresh()
  await stop.arrived
  way.state.fate = 'unavailable'
  stop.open()
  await refreshed
  assert.equal(a.token?.isDurable, false)
  assert.ok(world.news.some(({ event, at }) => event === 'escrowed' && at === 'a'))
  const again = world.host('a')
  await again.store.replay()
  world.clock.advance(61_000)
  await assertWorks(world, b)
  assert.equal(b.token?.number, 3)
  assertNothingLost(world)
})

test('what lies aside is dropped where another host was faster', async (t) => {
  const way = deciding()
  const stop = stopping()
  const { world, a, b } = await twoHosts(t, { ...way.ways, ...stop.ways })
  world.provider.isLenient = true
  stop.stopAt('after')
  const refreshed = a.refresh()
  await stop.arrived
  way.state.fate = 'unavailable'
  stop.open()
  await refreshed
  world.clock.advance(61_000)
  await b.refresh({ ...account, rotation: 'lenient' })
  const newest = world.provider.current
  const again = world.host('a')
  await again.store.replay()
  assert.ok(world.news.some(({ event, at }) => event === 'superseded' && at === 'a'))
  assert.equal((await again.store.read(user))?.renewal.refreshToken.reveal(), newest)
})

test('a token is shared as soon as the engine has taken its grant', async (t) => {
  const way = deciding()
  const stop = stopping()
  const { world, a, b } = await twoHosts(t, { ...way.ways, ...stop.ways })
  stop.stopAt('after')
  const refreshed = a.refresh()
  await stop.arrived
  way.state.fate = 'unavailable'
  stop.open()
  await refreshed
  way.state.fate = 'done'
  await a.store.claim({
    owner: user,
    user,
    purpose: 'refresh',
    known: 2,
    isStrict: true,
    signal: new AbortController().signal,
  })
  await turns()
  await b.refresh()
  assert.deepEqual([b.token?.number, b.token?.accessToken], [2, a.token?.accessToken])
  assert.equal(world.provider.refreshes, 1)
})

test('what the provider refused is not asked again by every host', async (t) => {
  const { world, a, b } = await twoHosts(t)
  world.provider.current = 'revoked'
  await assert.rejects(a.refresh(), { code: 'sign_in_required' })
  await assert.rejects(b.refresh(), { code: 'sign_in_required' })
  assert.equal(world.provider.refreshes, 1)
  world.clock.advance(61_000)
  await assert.rejects(b.refresh(), { code: 'sign_in_required' })
  assert.equal(world.provider.refreshes, 2)
})

test('an unknown answer leaves the intent, and releases the lock', async (t) => {
  let isLost = false
  const provider = () => Promise.resolve(isLost ? ('lost' as const) : ('done' as const))
  const { world, a, b } = await twoHosts(t, { provider })
  isLost = true
  await assert.rejects(a.refresh(), { isFateUnknown: true })
  isLost = false
  await turns()
  for (const host of [a, b]) assert.equal(later(await host.refresh()).reason, 'ambiguous')
  assert.equal(world.provider.refreshes, 1)
})

test('a process that knows that it sent nothing does not wait for itself', async (t) => {
  const way = deciding()
  const stop = stopping()
  const { world, a, b } = await twoHosts(t, { ...way.ways, ...stop.ways })
  stop.stopAt('before')
  const paused = a.refresh()
  await stop.arrived
  world.clock.advance(70_000)
  way.state.fate = 'unavailable'
  stop.open()
  later(await paused)
  await turns()
  way.state.fate = 'done'
  stop.stopAt(undefined)
  assert.equal(later(await b.refresh()).reason, 'ambiguous')
  await assertWorks(world, a)
  assertNothingLost(world)
})

test('a refresh that comes home after a logout elsewhere is revoked, and comes back by nothing', async (t) => {
  const stop = stopping()
  const { world, a, b } = await twoHosts(t, stop.ways)
  stop.stopAt('after')
  const refreshed = a.refresh()
  await stop.arrived
  await b.runner.run('forget', { user, revoke: false })
  stop.open()
  later(await refreshed)
  assert.deepEqual(world.provider.revoked, [world.provider.current])
  assert.ok(world.news.some(({ event, at }) => event === 'superseded' && at === 'a'))
  const kept = [...world.etcd.keys.keys()].map((name) => name.split('/')[2])
  assert.deepEqual(kept, [])
  await assert.rejects(a.refresh(), { code: 'sign_in_required' })
})

test('a sign-in takes the place of what a running refresh of another host brings', async (t) => {
  const stop = stopping()
  const { world, a, b } = await twoHosts(t, stop.ways)
  stop.stopAt('after')
  const refreshed = a.refresh()
  await stop.arrived
  const code = { redirectUri: 'http://127.0.0.1', nonce: 'n', code: 'c', codeVerifier: 'v' }
  const signedIn = await b.runner.run('redeem-code', { account, ...code })
  stop.open()
  later(await refreshed)
  await a.refresh()
  assert.equal(a.token?.accessToken, signedIn.accessToken)
  assert.equal(world.provider.refreshes, 1)
})

test("an application's own token is asked for once, and shared", async (t) => {
  const world = fleetWorld(t)
  const hosts = [world.host('a'), world.host('b')]
  for (const host of hosts) await host.refresh(appAccount)
  assert.equal(world.provider.refreshes, 1)
  world.clock.advance(dueMs)
  for (const host of hosts) await host.refresh(appAccount)
  assert.equal(world.provider.refreshes, 2)
  assert.deepEqual(
    hosts.map(({ token }) => token?.number),
    [2, 2],
  )
})

test('an expired token is not adopted', async (t) => {
  const { world, a } = await twoHosts(t)
  world.clock.advance(3_600_000)
  const c = world.host('c')
  await assertWorks(world, c)
  await a.refresh()
  assert.equal(a.token?.accessToken, c.token?.accessToken)
})

test('a logout takes back the tokens of all who use the sign-in, and of nobody else', async (t) => {
  const world = fleetWorld(t)
  const [a, b] = [world.host('a'), world.host('b')]
  await signIn(world, a)
  const shared = { ...account, user: 'shared@example.com', signInWith: user }
  await a.refresh(shared)
  await a.refresh({ ...appAccount, user: 'app@example.com' })
  const tokens = () => [...world.etcd.keys.keys()].filter((name) => name.includes('/token/')).length
  assert.equal(tokens(), 3)
  await b.runner.run('forget', { user, account, revoke: true, usedBy: [shared.user] })
  assert.equal(tokens(), 1)
  assert.deepEqual(world.provider.revoked, [world.provider.current])
})
