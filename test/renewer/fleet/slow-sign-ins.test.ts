/**
 * A newer sign-in that was sealed and not confirmed is presented by the next refresh. Where the provider is
 * slow to answer, the older one is refreshed beside it, and the claim of that is over when the answer comes.
 * By then anything may have happened: each order has one end.
 */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { testGrant } from '../store/test-grant.ts'
import {
  account,
  type FleetHost,
  redeemCodeAt,
  refreshTokenIn,
  turns,
  user,
} from './fleet-world.ts'
import { dueMs, later, minuteMs } from './scenes.ts'
import { backAgain, prepareSlow, type SlowScene } from './slow-scene.ts'
import type { SlowEnd } from './two-sign-ins.ts'

/** Host a has presented the newer sign-in, and the older one has been refreshed beside it. */
async function begin(t: TestContext, kind: 'etcd' | 'memory'): Promise<SlowScene> {
  const scene = await prepareSlow(t, kind)
  await scene.a.refresh()
  assert.deepEqual(scene.provider.presented, ['newer.0', 'older.0'])
  scene.world.news.length = 0
  return scene
}

const signOutAt = ({ runner }: FleetHost, revoke: boolean) =>
  runner.run('forget', { user, account, revoke })

/** One order of events: what happens before the late answer, that, what happens then, and what is so in the end. */
interface Order {
  title: string
  before?: (scene: SlowScene) => Promise<unknown>
  answer?: SlowEnd
  after?: (scene: SlowScene) => Promise<unknown>
  /** The refresh token that the engine has; absent: none. */
  kept?: string
  /** The refresh tokens that the provider was told to revoke. */
  revoked?: string[]
  /** Of the access token that a host has which asks afterwards; absent: none. */
  served?: string
}

const orders: Order[] = [
  { title: 'nothing else happens', kept: 'newer.1', served: 'newer.1' },
  {
    title: 'another host asks meanwhile, and is told to wait',
    before: async ({ b }) => {
      const { reason, host } = later(await refreshKnowing(b, 2))
      assert.deepEqual([reason, host], ['ambiguous', 'a'])
    },
    kept: 'newer.1',
    served: 'newer.1',
  },
  {
    title: 'another host has waited long enough: it presents the older one alone',
    before: async ({ world, b, provider }) => {
      world.clock.advance(50 * minuteMs)
      await refreshKnowing(b, 2)
      assert.deepEqual(provider.presented.slice(2), ['older.1'])
    },
    kept: 'newer.1',
    served: 'newer.1',
  },
  {
    title: 'this host refreshes again',
    before: async ({ a, provider, world }) => {
      world.clock.advance(dueMs)
      await a.refresh()
      assert.deepEqual(provider.presented.slice(2), ['older.1'])
    },
    kept: 'newer.1',
    served: 'newer.1',
  },
  {
    title: 'a person signs in at another host: some providers would end that too',
    before: ({ b }) => redeemCodeAt(b),
    kept: 'again.0',
    served: 'again.0',
  },
  {
    title: 'a person signs in at this host',
    before: ({ a }) => redeemCodeAt(a),
    kept: 'again.0',
    served: 'again.0',
  },
  {
    title: 'another host signs out',
    before: ({ b }) => signOutAt(b, false),
    revoked: ['newer.1'],
  },
  {
    title: 'another host signs out and revokes',
    before: ({ b }) => signOutAt(b, true),
    revoked: ['newer.0', 'older.1', 'newer.1'],
  },
  {
    title: 'this host signs out: a plain logout revokes nothing of its own',
    before: ({ a }) => signOutAt(a, false),
  },
  {
    title: 'this host signs out and revokes',
    before: ({ a }) => signOutAt(a, true),
    revoked: ['newer.0', 'older.1', 'newer.1'],
  },
  {
    title: 'another host signs out, and somebody in again',
    before: async ({ b, world }) => {
      await signOutAt(b, false)
      world.clock.advance(minuteMs)
      await redeemCodeAt(b)
    },
    kept: 'again.0',
    served: 'again.0',
  },
  {
    title: 'another host signs out, and another account is of the same person',
    before: async ({ b }) => {
      await signOutAt(b, false)
      const { provider, issuer, clientId } = account
      const alias = { user: 'alias@example.com', provider, issuer, clientId, identity: user }
      await b.store.save(testGrant(alias))
    },
  },
  {
    title: 'the engine is away when it comes',
    before: async ({ engine }) => (engine.fate = 'unavailable'),
    after: backAgain,
    kept: 'newer.1',
    served: 'newer.1',
  },
  {
    title: 'the engine is away when it comes, and another host signs out',
    before: async ({ engine }) => (engine.fate = 'unavailable'),
    after: async (scene) => {
      await signOutAt(scene.b, false)
      await backAgain(scene)
    },
    revoked: ['newer.1'],
  },
  {
    title: 'the engine is away when it comes, and a person signs in at another host',
    before: async ({ engine }) => (engine.fate = 'unavailable'),
    after: async (scene) => {
      await redeemCodeAt(scene.b)
      await backAgain(scene)
    },
    kept: 'again.0',
    served: 'again.0',
  },
  {
    title: 'nobody knows how it ended: it is left alone for long',
    answer: 'lost',
    after: async ({ b }) => {
      assert.equal(later(await refreshKnowing(b, 2)).reason, 'ambiguous')
    },
    kept: 'older.1',
    served: 'older.1',
  },
  {
    title: 'it is refused: the next host goes on with the older one',
    answer: 'refused',
    after: async ({ b }) => {
      await refreshKnowing(b, 2)
    },
    kept: 'older.2',
    served: 'older.2',
  },
  {
    title: 'it is of somebody else',
    answer: 'of somebody else',
    kept: 'older.1',
    revoked: ['newer.1'],
    served: 'older.1',
  },
]

async function refreshKnowing({ runner, token }: FleetHost, number: number) {
  const known = { number, signedInAt: token?.signedInAt ?? 0 }
  return runner.run('refresh', { account, hasToken: true, known })
}

for (const kind of ['etcd', 'memory'] as const) {
  describe(`a slow sign-in (${kind})`, { concurrency: true }, () => {
    for (const { title, before, answer = 'tokens', after, kept, revoked = [], served } of orders) {
      test(title, async (t) => {
        const scene = await begin(t, kind)
        const { world, provider, a, b } = scene
        await before?.(scene)
        provider.answer(answer)
        await turns()
        await after?.(scene)
        await turns()
        assert.equal(refreshTokenIn(world), kept)
        assert.deepEqual(provider.revoked, revoked)
        assert.deepEqual([...provider.dead], [])
        const next = world.host('c', { reaches: provider.provider })
        if (served === undefined) await assert.rejects(next.refresh(), { code: 'sign_in_required' })
        else await next.refresh()
        assert.equal(next.token?.accessToken, served && `access ${served}`)
        // What this host was told late is what all have.
        if (served === 'newer.1') {
          await b.refresh()
          assert.equal(b.token?.accessToken, a.late.at(-1)?.accessToken)
        }
      })
    }
  })

  for (const fate of ['done', 'unavailable'] as const) {
    test(`an answer that comes before the older one is refreshed is what all get (${kind}, engine ${fate})`, async (t) => {
      const scene = await prepareSlow(t, kind)
      const { world, provider, a, b, engine } = scene
      provider.beforeOlder = async () => {
        engine.fate = fate
        provider.answer('tokens')
        await turns()
      }
      await a.refresh()
      assert.equal(a.token?.accessToken, 'access newer.1')
      await turns()
      await backAgain(scene)
      await turns()
      assert.equal(refreshTokenIn(world), 'newer.1')
      await b.refresh()
      assert.deepEqual([b.token?.accessToken, provider.revoked], ['access newer.1', []])
      world.clock.advance(dueMs)
      await b.refresh()
      assert.deepEqual(provider.presented, ['newer.0', 'older.0', 'newer.1'])
    })
  }
}
