/** Scenes of hosts that share an account: what each is told, and what reaches the provider. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { account, appAccount, fleetWorld, signIn, turns, user } from './fleet-world.ts'
import { assertNothingLost, assertWorks, dueMs, later, twoHosts } from './scenes.ts'

test('a sign-in at one host is adopted by another without a word to the provider', async (t) => {
  const world = fleetWorld(t)
  const [a, b] = [world.host('a'), world.host('b')]
  await signIn(world, a)
  assert.equal(a.token?.number, 1)
  await b.refresh()
  assert.equal(world.provider.refreshes, 1)
  assert.equal(b.token?.accessToken, a.token?.accessToken)
  assert.deepEqual([b.token?.number, b.token?.signedInAt], [1, a.token?.signedInAt])
  assert.equal(b.token?.lifetimeMs, 3_600_000)
})

test('of hosts that are due together one asks, and the others have what came', async (t) => {
  const { world, a, b } = await twoHosts(t)
  const hosts = [a, b, world.host('c')]
  await Promise.all(hosts.map((host) => host.refresh()))
  for (const host of hosts) if (host.token?.number !== 2) await host.refresh()
  assert.equal(world.provider.refreshes, 1)
  assert.deepEqual(
    hosts.map((host) => host.token?.number),
    [2, 2, 2],
  )
  assertNothingLost(world)
})

test('a token that the host knows is asked for again; a newer one is not', async (t) => {
  const { world, a, b } = await twoHosts(t)
  await a.refresh()
  await b.refresh()
  assert.equal(world.provider.refreshes, 1)
  await assertWorks(world, b)
  assert.equal(b.token?.number, 3)
})

test('what the provider refused is not asked again by every host', async (t) => {
  const { world, a, b } = await twoHosts(t)
  world.provider.current = 'revoked'
  await assert.rejects(a.refresh(), { code: 'sign_in_required' })
  await assert.rejects(b.refresh(), { code: 'sign_in_required' })
  assert.equal(world.provider.refreshes, 1)
  world.clock.advance(61_000)
  await assert.rejects(b.refresh(), { code: 'sign_in_required' })
  assert.equal(world.provider.refreshes, 2)
})

test('an unknown answer leaves the intent, and releases the lock', async (t) => {
  let isLost = false
  const provider = () => Promise.resolve(isLost ? ('lost' as const) : ('done' as const))
  const { world, a, b } = await twoHosts(t, { provider })
  isLost = true
  await assert.rejects(a.refresh(), { isFateUnknown: true })
  isLost = false
  await turns()
  for (const host of [a, b]) assert.equal(later(await host.refresh()).reason, 'ambiguous')
  assert.equal(world.provider.refreshes, 1)
})

test("an application's own token is asked for once, and shared", async (t) => {
  const world = fleetWorld(t)
  const hosts = [world.host('a'), world.host('b')]
  for (const host of hosts) await host.refresh(appAccount)
  assert.equal(world.provider.refreshes, 1)
  world.clock.advance(dueMs)
  for (const host of hosts) await host.refresh(appAccount)
  assert.equal(world.provider.refreshes, 2)
  assert.deepEqual(
    hosts.map(({ token }) => token?.number),
    [2, 2],
  )
})

test('an expired token is not adopted', async (t) => {
  const { world, a } = await twoHosts(t)
  world.clock.advance(3_600_000)
  const c = world.host('c')
  await assertWorks(world, c)
  await a.refresh()
  assert.equal(a.token?.accessToken, c.token?.accessToken)
})

test('a logout takes back the tokens of all who use the sign-in, and of nobody else', async (t) => {
  const world = fleetWorld(t)
  const [a, b] = [world.host('a'), world.host('b')]
  await signIn(world, a)
  const shared = { ...account, user: 'shared@example.com', signInWith: user }
  await a.refresh(shared)
  await a.refresh({ ...appAccount, user: 'app@example.com' })
  const tokens = () => [...world.etcd.keys.keys()].filter((name) => name.includes('/token/')).length
  assert.equal(tokens(), 3)
  await b.runner.run('forget', { user, account, revoke: true, usedBy: [shared.user] })
  assert.equal(tokens(), 1)
  assert.deepEqual(world.provider.revoked, [world.provider.current])
})
