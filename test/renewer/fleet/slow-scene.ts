import type { TestContext } from 'node:test'
import { Secret } from '../../../src/logging/secret.ts'
import { renewalBy } from '../../../src/renewer/jobs/sealed-grant.ts'
import type { CallFate } from '../store/call-fate.ts'
import { testGrant } from '../store/test-grant.ts'
import {
  account,
  type FleetHost,
  type FleetWorld,
  fleetWorld,
  redeemCodeAt,
  user,
} from './fleet-world.ts'
import { dueMs } from './scenes.ts'
import { TwoSignIns } from './two-sign-ins.ts'

/** Two hosts of an account that has a newer sign-in, not confirmed yet, whose provider is slow. */
export interface SlowScene {
  world: FleetWorld
  provider: TwoSignIns
  /** Its next refresh presents the newer sign-in, and the older one beside it. */
  a: FleetHost
  b: FleetHost
  /** What becomes of the calls of host a to the engine. */
  engine: { fate: CallFate }
}

/** One in which the account is due. */
export async function prepareSlow(t: TestContext, kind: 'etcd' | 'memory'): Promise<SlowScene> {
  const world = fleetWorld(t, kind)
  const provider = new TwoSignIns(() => world.clock.wallMs())
  const engine: SlowScene['engine'] = { fate: 'done' }
  const ways = { reaches: provider.provider, deadlineMs: 4_000 }
  const a = world.host('a', { ...ways, engine: () => Promise.resolve(engine.fate) })
  const b = world.host('b', ways)
  a.token = await redeemCodeAt(a)
  await b.refresh()
  world.clock.advance(dueMs)
  await keepNewer(world, a)
  return { world, provider, a, b, engine }
}

/** The engine takes what lies aside; a host asks for that before it claims anything. */
export async function backAgain({ engine, a }: SlowScene): Promise<void> {
  engine.fate = 'done'
  const { signal } = new AbortController()
  const request = { owner: user, user, purpose: 'refresh' as const, isStrict: true, signal }
  const claimed = await a.store.claim({ ...request, known: { number: 0 } })
  if (claimed.kind === 'mine') await claimed.claim.giveBack('unsent')
}

/** The newer sign-in was sealed, and its answer was odd. */
async function keepNewer({ clock }: FleetWorld, { store }: FleetHost): Promise<void> {
  const room = await store.reserve(user, { kind: 'unconfirmed', mayFallBack: false })
  const { provider, issuer, clientId } = account
  const renewal = renewalBy(new Secret('newer.0'))
  const signedInAt = clock.wallMs()
  await room.save(testGrant({ user, provider, issuer, clientId, renewal, signedInAt }))
}
