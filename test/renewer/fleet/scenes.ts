/** What scenes of hosts that share an account are made of. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { gate } from '../../support/jobs.ts'
import type { CallFate } from '../store/call-fate.ts'
import {
  fleetWorld,
  type FleetHost,
  type FleetWorld,
  signIn,
  turns,
  type Ways,
} from './fleet-world.ts'

export const minuteMs = 60_000
/** When a token of an hour is due. */
export const dueMs = 35 * minuteMs

/** Two hosts with the same token, which is due. */
export async function twoHosts(
  t: TestContext,
  waysOfA: Ways = {},
  waysOfB: Ways = {},
  kind?: 'etcd' | 'memory',
) {
  const world = fleetWorld(t, kind)
  const a = world.host('a', waysOfA)
  const b = world.host('b', waysOfB)
  await signIn(world, a)
  await b.refresh()
  world.clock.advance(dueMs)
  world.news.length = 0
  world.provider.refreshes = 0
  return { world, a, b }
}

/** A way to the provider that stops at one of its two points until a test opens it. */
export function stopping() {
  const { passed, open } = gate()
  let stop: 'before' | 'after' | undefined
  let point: 'before' | 'after' = 'after'
  const arrival = gate()
  const provider = async () => {
    point = point === 'after' ? 'before' : 'after'
    if (point === stop) {
      arrival.open()
      await passed
    }
    return 'done' as const
  }
  return {
    ways: { provider },
    arrived: arrival.passed,
    open,
    stopAt: (where: typeof stop) => {
      stop = where
    },
  }
}

/** Two hosts, one of which has stopped on its way to the provider or back, until `goOn`. */
export async function stoppedHost(
  t: TestContext,
  where: 'before' | 'after',
  kind?: 'etcd' | 'memory',
) {
  const way = deciding()
  const stop = stopping()
  const hosts = await twoHosts(t, { ...way.ways, ...stop.ways }, {}, kind)
  stop.stopAt(where)
  const refreshed = hosts.a.refresh()
  refreshed.catch(() => {})
  await stop.arrived
  return { ...hosts, refreshed, goOn: stop.open, engine: way.state }
}

/** Two hosts, one of which got an answer that the engine did not take. */
export async function answeredWithoutEngine(
  t: TestContext,
  fate: Exclude<CallFate, 'done'> = 'unavailable',
  kind?: 'etcd' | 'memory',
) {
  const { refreshed, goOn, ...hosts } = await stoppedHost(t, 'after', kind)
  hosts.engine.fate = fate
  goOn()
  await refreshed
  return hosts
}

/** A way to the engine whose calls a test decides. */
export function deciding() {
  const state: { fate: 'done' | 'unavailable' | 'lost'; writes: boolean } = {
    fate: 'done',
    writes: false,
  }
  const engine = (writes: boolean) => {
    return Promise.resolve(writes || !state.writes ? state.fate : ('done' as const))
  }
  return { ways: { engine }, state }
}

/** Why and until when a refresh was put off. */
export function later(result: unknown): { reason: string; host: string; atMs: number } {
  assert.ok(typeof result === 'object' && result !== null && 'later' in result, 'it is put off')
  return result.later as ReturnType<typeof later>
}

/** No old refresh token came, and the sign-in lives. */
export function assertNothingLost({ provider }: FleetWorld): void {
  assert.deepEqual([provider.reuses, provider.current === 'revoked'], [0, false])
}

/** The host gets a token from the provider. */
export async function assertWorks(world: FleetWorld, host: FleetHost): Promise<void> {
  const before = world.provider.refreshes
  const result = await host.refresh()
  assert.ok(!(typeof result === 'object' && 'later' in (result as object)), 'it gets a token')
  assert.equal(world.provider.refreshes, before + 1)
}

/** Host a has read what there is and is about to lock the account; then b asks, and then a goes on. */
export async function overtakenBeforeLock(
  t: TestContext,
  { fateOfA, provider }: { fateOfA: CallFate; provider: NonNullable<Ways['provider']> },
) {
  const { passed, open } = gate()
  let isHeld = true
  const engine = async (writes: boolean): Promise<CallFate> => {
    if (!writes || !isHeld) return 'done'
    isHeld = false
    await passed
    return fateOfA
  }
  const { world, a: earlier, b } = await twoHosts(t, {}, { provider })
  const a = world.host('a2', { engine })
  a.token = earlier.token
  const late = a.refresh()
  late.catch(() => {})
  await turns()
  return { world, a, b, late, open }
}
