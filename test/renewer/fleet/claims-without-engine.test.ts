/** Claims where the engine takes nothing, or its answer is lost: nothing is believed that it did not say. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { account, turns, user } from './fleet-world.ts'
import {
  answeredWithoutEngine,
  assertNothingLost,
  assertWorks,
  deciding,
  later,
  overtakenBeforeLock,
  stopping,
  twoHosts,
} from './scenes.ts'

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
  const { world, a, b } = await answeredWithoutEngine(t)
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
  const { world, b } = await answeredWithoutEngine(t)
  world.provider.isLenient = true
  world.clock.advance(61_000)
  await b.refresh({ ...account, rotation: 'lenient' })
  const newest = world.provider.current
  const again = world.host('a')
  await again.store.replay()
  assert.ok(world.news.some(({ event, at }) => event === 'superseded' && at === 'a'))
  assert.equal((await again.store.read(user))?.renewal.refreshToken.reveal(), newest)
})

test('a token is shared as soon as the engine has taken its grant', async (t) => {
  const { world, a, b, engine } = await answeredWithoutEngine(t)
  engine.fate = 'done'
  await a.store.claim({
    owner: user,
    user,
    purpose: 'refresh',
    known: { number: 2, signedInAt: a.token?.signedInAt ?? 0 },
    isStrict: true,
    signal: new AbortController().signal,
  })
  await turns()
  await b.refresh()
  assert.deepEqual([b.token?.number, b.token?.accessToken], [2, a.token?.accessToken])
  assert.equal(world.provider.refreshes, 1)
})

for (const kind of ['etcd', 'memory'] as const) {
  test(`a token that the engine does not take is said, and served here (${kind})`, async (t) => {
    const { world, a } = await twoHosts(t, {}, {}, kind)
    let writes = 0
    const fate = (isWrite: boolean) => {
      writes += Number(isWrite)
      // The lock and the grant are written before it.
      return writes > 2 ? ('unavailable' as const) : ('done' as const)
    }
    const host = world.host('a2', { engine: (isWrite) => Promise.resolve(fate(isWrite)) })
    host.token = a.token
    await assertWorks(world, host)
    assert.equal(host.token?.number, 2)
    const told = world.news.filter(({ event }) => event === 'not_shared')
    assert.deepEqual(
      told.map(({ user: whose, number, reason }) => [whose, number, typeof reason]),
      [[user, 1, 'string']],
    )
  })
}
