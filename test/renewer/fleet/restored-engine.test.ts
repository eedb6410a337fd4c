/** An engine that was restored from an older backup: what is in it is older than the tokens that hosts have. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gate } from '../../support/jobs.ts'
import { expectedError } from '../../support/golden.ts'
import { JobRunner } from '../../../src/renewer/jobs/jobs.ts'
import { account, fleetWorld, redeemCodeAt, signIn, user } from './fleet-world.ts'
import { assertNothingLost, assertWorks, deciding, dueMs, later, twoHosts } from './scenes.ts'

const outdated = () =>
  expectedError('sign_in_required', 'an earlier grant of the same sign-in', { user })
const missing = () => expectedError('sign_in_required', 'no sign-in any more', { user })

for (const kind of ['etcd', 'memory'] as const) {
  /** Two hosts whose engine has the grant before the one that both have a token by. */
  async function restored(...[t]: Parameters<typeof twoHosts>) {
    const hosts = await twoHosts(t, {}, {}, kind)
    const { world, a, b } = hosts
    const restore = world.backUp()
    await a.refresh()
    await b.refresh()
    restore()
    world.clock.advance(dueMs)
    world.provider.refreshes = 0
    return hosts
  }

  describe(`an engine that was restored from an older backup (${kind})`, () => {
    test('has a refresh token that is not presented again, by no host that has a newer one', async (t) => {
      const { world, a, b } = await restored(t)
      for (const host of [a, b, a]) await assert.rejects(host.refresh(), outdated())
      assert.equal(world.provider.refreshes, 0)
      assertNothingLost(world)
    })

    for (const where of ['store', 'provider'] as const) {
      test(`nor by a job that was begun before, when a newer token comes while it waits for the ${where}`, async (t) => {
        const { passed, open } = gate()
        const arrived = gate()
        let isHeld = false
        const wait = async () => {
          if (isHeld) arrived.open()
          if (isHeld) await passed
          return 'done' as const
        }
        const ways = where === 'store' ? { engine: wait } : { provider: wait }
        const { world, a, b } = await twoHosts(t, {}, ways, kind)
        const restore = world.backUp()
        // What the job knows is the token that the restored engine has, too.
        isHeld = where === 'store'
        const begun = isHeld ? b.refresh() : undefined
        if (begun !== undefined) await arrived.passed
        await a.refresh()
        restore()
        isHeld = true
        const refreshed = begun ?? b.refresh()
        await arrived.passed
        const { signedInAt, number } = a.token ?? {}
        assert.ok(signedInAt !== undefined && number !== undefined)
        b.runner.noteSeen(user, { signedInAt, number })
        isHeld = false
        open()
        // It looks again, since it may have been paused for long.
        assert.equal(later(await refreshed).reason, 'locked')
        assertNothingLost(world)
        b.token = a.token
        await assert.rejects(b.refresh(), outdated())
        assertNothingLost(world)
        b.token = await redeemCodeAt(b)
        world.clock.advance(dueMs)
        await assertWorks(world, b)
      })
    }

    test('a new sign-in cures that on all hosts, though its number is lower', async (t) => {
      const { world, a, b } = await restored(t)
      await assert.rejects(a.refresh(), outdated())
      a.token = await redeemCodeAt(a)
      world.provider.refreshes = 0
      await b.refresh()
      // Its token is of a later sign-in: nobody is asked for one more.
      assert.equal(world.provider.refreshes, 0)
      assert.equal(b.token?.accessToken, a.token.accessToken)
      assert.equal(a.token.number, 2)
      assert.equal(b.token?.signedInAt, a.token.signedInAt)
      world.clock.advance(dueMs)
      await assertWorks(world, b)
      await a.refresh()
      assert.equal(a.token.accessToken, b.token?.accessToken)
      assertNothingLost(world)
    })

    test('so does one after a logout, which counts from the beginning', async (t) => {
      const { world, a, b } = await restored(t)
      await b.runner.run('forget', { user, account, revoke: false })
      b.token = undefined
      await assert.rejects(a.refresh(), missing())
      a.token = await redeemCodeAt(a)
      assert.equal(a.token.number, 1)
      world.clock.advance(dueMs)
      await assertWorks(world, a)
      await b.refresh()
      await assertWorks(world, b)
      assertNothingLost(world)
    })

    test('what a host had put aside by then ends it too', async (t) => {
      const way = deciding()
      const { world, a, b } = await twoHosts(t, way.ways, {}, kind)
      const restore = world.backUp()
      await b.refresh()
      await a.refresh()
      world.clock.advance(dueMs)
      way.state.writes = true
      const stop = world.onNews.push(() => (way.state.fate = 'unavailable'))
      await a.refresh()
      world.onNews.length = stop - 1
      restore()
      world.clock.advance(dueMs)
      await assert.rejects(b.refresh(), outdated())
      await world.host('a').store.replay()
      await assertWorks(world, b)
      assertNothingLost(world)
    })

    test('a store that sign-ins were copied to is not taken for one', async (t) => {
      const { world, a } = await twoHosts(t, {}, {}, kind)
      await a.refresh()
      const other = fleetWorld(t, kind)
      const copier = new JobRunner({
        openStore: () => Promise.resolve(a.store),
        openOther: () => Promise.resolve(other.host('copier').store),
        isShared: true,
        findProvider: () => Promise.reject(new Error('nobody is asked')),
        now: () => world.clock.wallMs(),
        onLate: () => {},
      })
      const to = { kind: 'files', key: 'keyring', stateDirectory: '/nowhere' } as never
      assert.deepEqual(await copier.run('copy-store', { to }), { copied: 1, kept: 0, failed: [] })
      other.provider.current = world.provider.current
      const moved = other.host('a')
      moved.token = a.token
      other.clock.advance(2 * dueMs)
      await assertWorks(other, moved)
      assertNothingLost(other)
    })

    test('a lenient provider is asked as ever', async (t) => {
      const { world, b } = await restored(t)
      world.provider.isLenient = true
      await b.refresh({ ...account, rotation: 'lenient' })
      assert.deepEqual([world.provider.refreshes, world.provider.reuses], [1, 1])
    })

    test('without the sign-in it says so', async (t) => {
      const hosts = await twoHosts(t, {}, {}, kind)
      const { world, a } = hosts
      await a.runner.run('forget', { user, account, revoke: false })
      const restore = world.backUp()
      await signIn(world, a)
      restore()
      world.clock.advance(dueMs)
      await assert.rejects(a.refresh(), missing())
    })

    test('nor is a sign-in presented that was not confirmed then', async (t) => {
      let restore: (() => void) | undefined
      const world = fleetWorld(t, kind)
      const b = world.host('b')
      const engine = async (writes: boolean) => {
        if (writes && (await b.store.readUnconfirmed(user))) restore ??= world.backUp()
        return 'done' as const
      }
      await signIn(world, world.host('a', { engine }))
      await b.refresh()
      world.clock.advance(dueMs)
      await b.refresh()
      restore?.()
      world.clock.advance(dueMs)
      assert.ok(await b.store.readUnconfirmed(user))
      world.provider.refreshes = 0
      await assert.rejects(b.refresh(), missing())
      assert.equal(world.provider.refreshes, 0)
      assertNothingLost(world)
    })
  })
}
