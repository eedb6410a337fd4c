/** Hosts whose clocks differ: what they tell each other of times is by the clock of the engine. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signIn, takeoverAt, user } from './fleet-world.ts'
import { assertNothingLost, deciding, dueMs, later, stopping, twoHosts } from './scenes.ts'

for (const kind of ['etcd', 'memory'] as const) {
  for (const aheadMs of [60_000, -60_000]) {
    const place = `${kind}, a clock that is ${aheadMs / 1_000} s ahead`

    test(`${place}: a token expires when it does, whoever got it`, async (t) => {
      const { world, a, b } = await twoHosts(t, {}, { aheadMs }, kind)
      const ended = world.clock.wallMs() + world.provider.lifetimeMs
      await a.refresh()
      await b.refresh()
      assert.deepEqual([a.token?.expiresAt, b.token?.expiresAt], [ended, ended + aheadMs])
      world.clock.advance(40 * 60_000)
      await b.refresh()
      await a.refresh()
      const next = ended + 40 * 60_000
      assert.deepEqual([a.token?.expiresAt, b.token?.expiresAt], [next, next + aheadMs])
      assert.deepEqual([a.token?.lifetimeMs, b.token?.lifetimeMs], [3_600_000, 3_600_000])
      assert.equal(world.provider.refreshes, 2)
      assertNothingLost(world)
    })

    test(`${place}: a sign-in is dated as elsewhere, so that a later one takes its place`, async (t) => {
      const way = deciding()
      const stop = stopping()
      const { world, a, b } = await twoHosts(t, {}, { ...way.ways, ...stop.ways, aheadMs }, kind)
      assert.equal(a.token?.signedInAt, world.clock.wallMs() - dueMs)
      stop.stopAt('after')
      const earlier = signIn(world, b)
      await stop.arrived
      way.state.fate = 'unavailable'
      stop.open()
      await earlier
      assert.equal(b.token?.signedInAt, world.clock.wallMs())
      world.clock.advance(1_000)
      await signIn(world, a)
      way.state.fate = 'done'
      await b.store.close()
      assert.equal((await a.store.read(user))?.signedInAt, world.clock.wallMs())
    })

    test(`${place}: what another host began is waited for as long as elsewhere`, async (t) => {
      const stop = stopping()
      const { world, a, b } = await twoHosts(t, stop.ways, { aheadMs }, kind)
      stop.stopAt('after')
      const paused = a.refresh()
      await stop.arrived
      world.clock.advance(61_000)
      const { reason, atMs } = later(await b.refresh())
      assert.deepEqual([reason, atMs], ['ambiguous', takeoverAt(world) + aheadMs])
      stop.open()
      await paused
      assertNothingLost(world)
    })

    test(`${place}: a refusal holds for a minute, at all hosts`, async (t) => {
      const { world, a, b } = await twoHosts(t, {}, { aheadMs }, kind)
      world.provider.current = 'another'
      const refused = { code: 'sign_in_required' }
      for (const [one, other] of [
        [a, b],
        [b, a],
      ] as const) {
        const before = world.provider.refreshes
        await assert.rejects(one.refresh(), refused)
        world.clock.advance(59_000)
        await assert.rejects(other.refresh(), refused)
        assert.equal(world.provider.refreshes, before + 1)
        world.clock.advance(1_000)
      }
    })
  }
}
