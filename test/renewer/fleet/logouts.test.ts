/** A logout is final for the sign-ins that began before it, also for one whose host comes back afterwards. */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { ProviderProtocolError } from '../../../src/errors.ts'
import type { Provider } from '../../../src/renewer/providers/provider.ts'
import type { CallFate } from '../store/call-fate.ts'
import {
  account,
  type FleetHost,
  fleetWorld,
  type FleetWorld,
  redeemCodeAt,
  signIn,
  user,
} from './fleet-world.ts'
import { testAccount } from '../../support/accounts.ts'
import { assertWorks, deciding } from './scenes.ts'

const signOutAt = ({ runner }: FleetHost) => runner.run('forget', { user, account, revoke: false })

/** Who a host that starts now takes for signed in. */
async function listedBy({ runner }: FleetHost): Promise<string[]> {
  const { records } = await runner.run('open-store', { accounts: [account] })
  return records.map((record) => record.user)
}

/** A host that gets what it asks for, seals it as unconfirmed, and dies before that is judged. */
function hostThatDies(world: FleetWorld, fate: CallFate, beforeAnswer = () => Promise.resolve()) {
  const way = deciding()
  const provider = world.provider.reachedBy(() => Promise.resolve('done'), 'a')
  const reaches: Provider = {
    ...provider,
    redeemCode: async (...asked) => {
      await beforeAnswer()
      way.state.fate = fate
      await provider.redeemCode(...asked)
      throw new ProviderProtocolError('the answer is odd')
    },
  }
  const host = world.host('a', { ...way.ways, reaches })
  return async () => assert.rejects(redeemCodeAt(host), { code: 'provider_protocol' })
}

for (const kind of ['etcd', 'memory'] as const) {
  const prepare = (t: TestContext) => {
    const world = fleetWorld(t, kind)
    return { world, b: world.host('b') }
  }

  describe(`a sign-in that was sealed before its host died (${kind})`, () => {
    for (const fate of ['done', 'unavailable'] as const) {
      const place = fate === 'done' ? 'in the engine' : 'aside'

      test(`${place}: is taken up when that is back`, async (t) => {
        const { world, b } = prepare(t)
        await signIn(world, b)
        await hostThatDies(world, fate)()
        const a = world.host('a')
        await a.store.replay()
        assert.deepEqual(await listedBy(a), [user])
        world.clock.advance(61_000)
        a.token = b.token
        await assertWorks(world, a)
        assert.ok((a.token?.signedInAt ?? 0) > (b.token?.signedInAt ?? 0))
      })

      test(`${place}: is not after a logout`, async (t) => {
        const { world, b } = prepare(t)
        await signIn(world, b)
        await hostThatDies(world, fate)()
        await signOutAt(b)
        await assertSignedOut(world, fate)
      })

      test(`${place}: nor where the logout came before the answer`, async (t) => {
        const { world, b } = prepare(t)
        await signIn(world, b)
        await hostThatDies(world, fate, async () => void (await signOutAt(b)))()
        await assertSignedOut(world, fate)
      })

      test(`${place}: nor in place of a later one`, async (t) => {
        const { world, b } = prepare(t)
        await signIn(world, b)
        await hostThatDies(world, fate)()
        await signOutAt(b)
        world.clock.advance(1_000)
        const again = await redeemCodeAt(b)
        const a = world.host('a')
        await a.store.replay()
        assert.equal((await a.store.read(user))?.signedInAt, again.signedInAt)
        world.clock.advance(61_000)
        a.token = again
        await assertWorks(world, a)
        assert.equal(a.token?.signedInAt, again.signedInAt)
      })

      test(`${place}: is taken up where nobody was signed in when it began`, async (t) => {
        const { world } = prepare(t)
        await hostThatDies(world, fate)()
        const a = world.host('a')
        await a.store.replay()
        assert.deepEqual(await listedBy(a), [user])
        world.clock.advance(61_000)
        await assertWorks(world, a)
      })
    }
  })

  test(`a logout that is interrupted leaves the sign-in that it found (${kind})`, async (t) => {
    const { world, b } = prepare(t)
    await signIn(world, b)
    const before = b.token
    await hostThatDies(world, 'done')()
    const hasUnconfirmed = async () => (await b.store.readUnconfirmed(user)) !== undefined
    const engine = async (writes: boolean) =>
      writes && !(await hasUnconfirmed()) ? ('unavailable' as const) : ('done' as const)
    assert.ok(await hasUnconfirmed())
    await assert.rejects(signOutAt(world.host('c', { engine })), { code: 'store_locked' })
    assert.ok(!(await hasUnconfirmed()))
    assert.equal((await b.store.read(user))?.signedInAt, before?.signedInAt)
    await signOutAt(b)
    await assertSignedOut(world, 'done')
  })
}

/** Also for the host that died, on whose disk the sign-in may be. */
async function assertSignedOut(world: FleetWorld, fate: CallFate): Promise<void> {
  const { provider } = world
  const { refreshes } = provider
  const a = world.host('a')
  await a.store.replay()
  assert.deepEqual(await listedBy(a), [])
  if (fate === 'unavailable') assert.equal(await a.store.readUnconfirmed(user), undefined)
  world.clock.advance(61_000)
  await assert.rejects(a.refresh(), { code: 'sign_in_required' })
  assert.equal(provider.refreshes, refreshes)
}

for (const kind of ['etcd', 'memory'] as const) {
  test(`a token that a logout has left is replaced by the first of a new sign-in (${kind})`, async (t) => {
    const world = fleetWorld(t, kind)
    const [a, b] = [world.host('a'), world.host('b')]
    const other = testAccount({ ...account, user: 'other@example.com', signInWith: user })
    await signIn(world, a)
    for (let time = 0; time < 5; time++) {
      world.clock.advance(3_600_000)
      await a.refresh(other)
    }
    // By a host that does not know the other account.
    await signOutAt(b)
    world.clock.advance(61_000)
    b.token = await redeemCodeAt(b)
    world.clock.advance(3_600_000)
    await b.refresh(other)
    const { refreshes } = world.provider
    const c = world.host('c')
    await c.refresh(other)
    assert.equal(c.token?.accessToken, b.token?.accessToken)
    assert.equal(world.provider.refreshes, refreshes)
  })
}
