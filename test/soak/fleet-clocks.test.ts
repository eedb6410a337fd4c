/**
 * The failure table's row of clocks, made to happen to real daemons: one host of two has a wall clock that is wrong, all hosts list
 * what there is, and then the engine is away until every token is dead. Takes four minutes.
 */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { runClient } from '../support/daemon.ts'
import type { Fleet, FleetHost } from '../support/fleet/fleet.ts'
import { account, begin, refresh, served, until } from '../support/fleet/scene.ts'
import { requireRoot } from './require-root.ts'

describe('a fleet', { concurrency: 3 }, () => {
  before(requireRoot)

  for (const aheadS of [10, 60, -60]) {
    const place = `${Math.abs(aheadS)} s ${aheadS > 0 ? 'ahead' : 'behind'}`
    test(`a host whose clock is ${place} says so, and no host serves a token that is dead`, async (t) => {
      const changes = { hasNetwork: false, hasClocks: true, lifetimeS: 150 }
      const { fleet, first, second } = await begin(t, changes)
      second.clock?.set(aheadS * 1_000)
      await knowsItsClock(second, aheadS)
      const doctor = linesOf(await runClient(second.home, ['doctor']), 'etcd;')
      const status = linesOf(await runClient(second.home, ['status']), 'clock')
      t.diagnostic(`${doctor}; status: ${status}`)
      const before = await served(fleet, fleet.hosts)
      assert.equal((await refresh(first)).code, 'refreshed')
      const fresh = await served(fleet, fleet.hosts, before)
      assert.equal((await refresh(second)).code, 'refreshed')
      await served(fleet, fleet.hosts, fresh)
      // They list a token that has lived for a while, and nobody tells them of another one.
      await setTimeout(50_000)
      await Promise.all(fleet.hosts.map((host) => host.restart()))
      await served(fleet, fleet.hosts)
      await fleet.engine.members[0]?.kill()
      const { asked, dead } = await watchTokens(fleet, 120_000)
      t.diagnostic(`${asked} answers without the engine: ${JSON.stringify(dead)}`)
      assert.equal(dead.length, 0)
      await fleet.engine.members[0]?.restart()
      second.clock?.set(0)
      await knowsItsClock(second, 0)
      for (const host of fleet.hosts) {
        await until(async () => (await refresh(host)).code === 'refreshed', 30_000, fleet)
        await served(fleet, fleet.hosts)
      }
      assert.deepEqual(fleet.provider.dead(), [])
    })
  }
})

/** Resolves when it says how far its clock is ahead of the engine's. */
async function knowsItsClock({ daemon }: FleetHost, aheadS: number): Promise<void> {
  await until(async () => {
    const { shared_store: store } = await daemon.control.accounts()
    const { host_clock_ahead_ms: aheadMs, is_reachable: isReachable } = store ?? {}
    return isReachable === true && Math.abs((aheadMs ?? Infinity) - aheadS * 1_000) <= 2_000
  }, 45_000)
}

/** Asks all hosts for so long, and tells which tokens they gave after their end. */
async function watchTokens(fleet: Fleet, forMs: number) {
  const dead: { host: string; atMs: number }[] = []
  let asked = 0
  const beganAt = Date.now()
  for (; Date.now() < beganAt + forMs; await setTimeout(500)) {
    for (const host of fleet.hosts) {
      const token = await host.ask(account, 300)
      if (token === '') continue
      asked++
      const isGood = fleet.provider.isLive(account, token)
      if (!isGood) dead.push({ host: host.name, atMs: Date.now() - beganAt })
    }
  }
  return { asked, dead }
}

function linesOf({ stdout }: { stdout: string }, word: string): string {
  const found = stdout.split('\n').filter((line) => line.includes(word))
  assert.notEqual(found.length, 0, stdout)
  return found.join('; ')
}
