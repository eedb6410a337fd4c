/** A host whose gateway gives an odd answer at any step of a refresh: no refresh token is lost, and none is presented twice. */
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { isCmsOauthError } from '../../../src/errors.ts'
import { startMemoryGateway } from '../../support/etcd/memory-gateway.ts'
import { harmless, type OddityOf, readOddities } from '../../support/etcd/oddities.ts'
import { type FleetHost, fleetWorld, refreshTokenIn, signIn, turns } from './fleet-world.ts'
import { assertNothingLost, assertWorks, dueMs, minuteMs } from './scenes.ts'

/** How often a refresh asks the engine, and more. */
const steps = 9

async function begin(t: TestContext) {
  const world = fleetWorld(t)
  const gateway = await startMemoryGateway(t, world.etcd, () => world.clock.bootMs())
  const a = world.host('a', { client: gateway.client() })
  const b = world.host('b')
  await signIn(world, a)
  await b.refresh()
  world.clock.advance(dueMs)
  return { world, gateway, a, b }
}

function numberOf({ token }: FleetHost): number {
  return token?.number ?? 0
}

/** A refresh whose answer is odd at one step, and what comes after it. */
async function refreshedWith(t: TestContext, odd: OddityOf, at: number) {
  const scene = await begin(t)
  const { world, gateway, a, b } = scene
  let step = 0
  gateway.setOddity((_path, good) => (step++ === at ? odd(good) : undefined))
  await a.refresh().catch((error: unknown) => assert.ok(isCmsOauthError(error), String(error)))
  await turns()
  gateway.setOddity(undefined)
  await a.store.replay()
  // The lease of a claim that was not given back expires, and the last quarter of the token begins.
  world.clock.advance(13 * minuteMs)
  await b.refresh()
  await a.refresh()
  // Whoever asked first takes what the other one got.
  if (numberOf(a) < numberOf(b)) await a.refresh()
  else if (numberOf(b) < numberOf(a)) await b.refresh()
  assertNothingLost(world)
  assert.equal(a.token?.accessToken, b.token?.accessToken)
  assert.equal(refreshTokenIn(world), world.provider.current)
  world.clock.advance(dueMs)
  await assertWorks(world, a)
  await b.refresh()
  assertNothingLost(world)
}

for (const [what, odd] of Object.entries({ ...readOddities, ...harmless })) {
  describe(`an answer ${what}`, () => {
    for (let at = 0; at < steps; at++) {
      test(`at step ${at + 1}`, async (t) => {
        await refreshedWith(t, odd, at)
      })
    }
  })
}
