/** Machines that were cloned have one name: claims are told apart by their jobs, and people are told of another one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fleetWorld, signIn } from './fleet-world.ts'
import { assertNothingLost, assertWorks, dueMs, later, minuteMs, stopping } from './scenes.ts'

for (const isCloneOfOtherBoot of [true, false]) {
  test(`two hosts of one name refresh once (${isCloneOfOtherBoot ? 'two machines' : 'one kernel'})`, async (t) => {
    const world = fleetWorld(t)
    const stop = stopping()
    const a = world.host('a', { host: 'relay1', boot: 'one', ...stop.ways })
    const boot = isCloneOfOtherBoot ? 'two' : 'one'
    const b = world.host('b', { host: 'relay1', boot })
    await signIn(world, a)
    await b.refresh()
    world.clock.advance(dueMs)
    stop.stopAt('after')
    const refreshed = a.refresh()
    await stop.arrived
    const { reason, host } = later(await b.refresh())
    const other = 'relay1 (another of that name, or before its last boot)'
    assert.deepEqual([reason, host], ['locked', isCloneOfOtherBoot ? other : 'relay1'])
    // The lease expires, and nobody knows what became of it.
    world.clock.advance(2 * minuteMs)
    assert.equal(later(await b.refresh()).reason, 'ambiguous')
    stop.open()
    await refreshed
    await b.refresh()
    assert.equal(b.token?.accessToken, a.token?.accessToken)
    world.clock.advance(dueMs)
    await assertWorks(world, b)
    assertNothingLost(world)
  })
}
