/** What a process that died has put aside: the next one writes it, and ends the claim that it came by. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { CallFate } from '../store/call-fate.ts'
import { account, type FleetWorld, signIn } from './fleet-world.ts'
import { answeredWithoutEngine, assertNothingLost, assertWorks, later, stopping } from './scenes.ts'

const kinds = ['etcd', 'memory'] as const

/** Host a has an answer in hand when the engine fails, puts it aside, and does nothing more. */
async function diesWithAnswer(
  t: TestContext,
  fate: Exclude<CallFate, 'done'>,
  kind: (typeof kinds)[number],
) {
  const { world, b } = await answeredWithoutEngine(t, fate, kind)
  assert.deepEqual(eventsAt(world, 'a'), ['claimed 1', 'escrowed 1'])
  assert.equal(later(await b.refresh()).reason, 'locked')
  world.news.length = 0
  return { world, b }
}

function eventsAt({ news }: FleetWorld, host: string): string[] {
  return news.filter(({ at }) => at === host).map(({ event, number }) => `${event} ${number}`)
}

for (const kind of kinds) {
  for (const fate of ['unavailable', 'lost'] as const) {
    test(`who writes what lies aside ends the claim that it came by (${kind}, ${fate})`, async (t) => {
      const { world, b } = await diesWithAnswer(t, fate, kind)
      await world.host('a').store.replay()
      assert.deepEqual(eventsAt(world, 'a'), ['committed 2'])
      // Not a moment has passed: the lease of the lock is not over.
      await assertWorks(world, b)
      assert.equal(b.token?.number, 3)
      assertNothingLost(world)
    })
  }

  test(`so does who finds that it is too late (${kind})`, async (t) => {
    const { world, b } = await diesWithAnswer(t, 'unavailable', kind)
    await signIn(world, b)
    await world.host('a').store.replay()
    assert.deepEqual(eventsAt(world, 'a'), ['superseded 1'])
    await assertWorks(world, b)
    assert.equal(b.token?.number, 3)
    assertNothingLost(world)
  })

  test(`the claim of another host stays (${kind})`, async (t) => {
    const stop = stopping()
    const { world, b } = await diesWithAnswer(t, 'unavailable', kind)
    world.clock.advance(61_000)
    world.provider.isLenient = true
    const c = world.host('c', stop.ways)
    stop.stopAt('after')
    const refreshed = c.runner.run('refresh', {
      account: { ...account, rotation: 'lenient' },
      hasToken: true,
      known: { number: 1, signedInAt: b.token?.signedInAt ?? 0 },
    })
    await stop.arrived
    await world.host('a').store.replay()
    assert.deepEqual(eventsAt(world, 'a'), ['committed 2'])
    assert.deepEqual(later(await b.refresh()).host, 'c')
    stop.open()
    await refreshed
  })
}
