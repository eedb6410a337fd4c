import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { AccountToken } from '../../../src/daemon/tokens/account-token.ts'
import { ProviderUnavailableError } from '../../../src/errors.ts'
import { testAccount } from '../../support/accounts.ts'
import { expectedError } from '../../support/golden.ts'
import { refreshedToken } from '../../support/refreshed.ts'
import { createSimulation } from './simulation.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

let simulation: ReturnType<typeof createSimulation>

beforeEach(() => {
  simulation = createSimulation()
})

afterEach(() => {
  simulation.stop()
})

/** One account with a token that has just come. */
function addSignedIn(): AccountToken {
  const { add, provider } = simulation
  const [token] = add(1) as [AccountToken]
  token.accept(provider.issue(token.account.user))
  return token
}

function freshCount(tokens: Iterable<AccountToken>): number {
  return Array.from(tokens).filter(({ servable, state }) => servable && state.name === 'active')
    .length
}

/** The time that a served token has left, which no token outlives. */
function leftMs(token: AccountToken): number | undefined {
  return token.servable && token.servable.expiresAt - simulation.clock.wallMs()
}

test('a day without trouble costs a refresh per 39 minutes, and a token is there at all times', async () => {
  const { pass, provider } = simulation
  const token = addSignedIn()
  await pass(day, second, () => assert.ok((leftMs(token) ?? 0) >= 20 * minute))
  assert.equal(provider.refreshes, Math.floor(day / (0.65 * hour)))
})

test('an outage of a day: the token is served to the end of its time, and never a storm', async () => {
  const { pass, provider, clock } = simulation
  const token = addSignedIn()
  const expiresAt = clock.wallMs() + hour
  provider.isDown = true
  await pass(day, second, () => {
    const isServed = token.servable !== undefined
    assert.equal(isServed, clock.wallMs() < expiresAt - 30 * second)
  })
  assert.equal(token.state.name, 'backing_off')
  assert.ok(provider.refreshes < day / (2 * minute), `${provider.refreshes} tries`)
  const refused = assert.rejects(async () => simulation.keeper.serve(token.account.user), {
    code: 'provider_unavailable',
    message: 'no route',
  })
  await pass(second)
  await refused
})

test('after an outage the token is back within 300 s without a request', async () => {
  const { pass, provider } = simulation
  const token = addSignedIn()
  provider.isDown = true
  await pass(day)
  provider.isDown = false
  await pass(300 * second)
  assert.equal(token.state.name, 'active')
  assert.notEqual(token.servable, undefined)
})

test('after an outage a request brings the token back within a second', async () => {
  const { pass, provider, keeper } = simulation
  const token = addSignedIn()
  provider.isDown = true
  await pass(day)
  provider.isDown = false
  const served = keeper.serve(token.account.user)
  await pass(second, 50)
  assert.equal((await served).accessToken.reveal(), token.servable?.accessToken.reveal())
})

test('requests in an outage cause one extra try per 10 s however many they are', async () => {
  const { pass, provider, keeper } = simulation
  const token = addSignedIn()
  provider.isDown = true
  await pass(2 * hour)
  const before = provider.refreshes
  await pass(100 * second, second, () => {
    for (let client = 0; client < 20; client++) {
      Promise.resolve(keeper.serve(token.account.user)).catch(() => {})
    }
  })
  const tries = provider.refreshes - before
  assert.ok(tries >= 9 && tries <= 12, `${tries} tries`)
})

test('a wall clock set forward by 2 h costs one refresh, and nothing expired is served', async () => {
  const { pass, provider, clock } = simulation
  const token = addSignedIn()
  await pass(minute)
  clock.step(2 * hour)
  assert.equal(token.servable, undefined)
  await pass(31 * second)
  assert.equal(provider.refreshes, 1)
  assert.ok((leftMs(token) ?? 0) > 50 * minute)
})

test('a wall clock set back by a day does not lengthen the life of a token', async () => {
  const { pass, provider, clock, keeper } = simulation
  const token = addSignedIn()
  provider.isDown = true
  clock.step(-day)
  await pass(hour - 31 * second)
  assert.notEqual(token.servable, undefined)
  await pass(second)
  assert.equal(token.servable, undefined)
  assert.ok(provider.refreshes > 0)
  provider.isDown = false
  await pass(300 * second)
  assert.equal(keeper.serve(token.account.user), token.servable)
})

test('a machine that slept for 8 h serves nothing expired and has a new token in seconds', async () => {
  const { pass, provider, clock, keeper } = simulation
  const token = addSignedIn()
  await pass(minute)
  // Timers stand still during suspend, the clocks do not.
  clock.advance(8 * hour)
  assert.equal(token.servable, undefined)
  const served = keeper.serve(token.account.user)
  await pass(second, 50)
  assert.equal((await served).expiresAt - clock.wallMs() > 59 * minute, true)
  await pass(31 * second)
  assert.equal(provider.refreshes, 1)
})

test('without a request the refresh after a suspend begins within 30 s', async () => {
  const { pass, provider, clock } = simulation
  const token = addSignedIn()
  await pass(minute)
  clock.advance(8 * hour)
  await pass(31 * second)
  assert.equal(provider.refreshes, 1)
  assert.notEqual(token.servable, undefined)
})

test('5,000 accounts that expire together are all fresh within a minute, 8 at a time', async () => {
  const { add, pass, provider } = simulation
  const tokens = add(5_000)
  for (const token of tokens) token.accept(provider.issue(token.account.user))
  await pass(0.65 * hour - second)
  assert.equal(provider.refreshes, 0)
  await pass(minute, 50)
  assert.equal(provider.refreshes, 5_000)
  assert.equal(provider.mostInFlight, 8)
  assert.equal(freshCount(tokens), 5_000)
})

test('a cold start of 10,000 accounts keeps to 8 at a time, and one that is waited for goes first', async () => {
  const { add, pass, provider, keeper } = simulation
  const tokens = add(10_000)
  for (const token of tokens) token.resume(1)
  const served = keeper.serve('user9999@example.com')
  await pass(200, 50)
  assert.match((await served).accessToken.reveal(), /^user9999@/)
  assert.ok(provider.refreshes < 50)
  await pass(65 * second, 50)
  assert.equal(provider.refreshes, 10_000)
  assert.equal(provider.mostInFlight, 8)
  assert.equal(freshCount(keeper.all()), 10_000)
})

test('accounts that signed in together are refreshed apart from each other', async () => {
  let seed = 1
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
  simulation.stop()
  simulation = createSimulation({ random })
  const { add, pass, provider } = simulation
  for (const token of add(1_000)) token.accept(provider.issue(token.account.user))
  let before = 0
  let most = 0
  await pass(hour, second, () => {
    most = Math.max(most, provider.refreshes - before)
    before = provider.refreshes
  })
  assert.equal(provider.refreshes >= 1_000, true)
  assert.ok(most <= 10, `${most} in one second`)
})

test('who has a token by the sign-in of an account is known, its owner first, across every change', () => {
  const { keeper } = simulation
  const owner = testAccount({ user: 'owner@example.com' })
  const sharer = (user: string, signInWith = owner.user) => ({
    ...testAccount({ user }),
    signInWith,
  })
  const holders = (user = owner.user) => keeper.holdersOf(user).map(({ account }) => account.user)
  const [first, second] = [sharer('first@example.com'), sharer('second@example.com')]
  for (const account of [first, owner, second]) keeper.add(account)
  assert.deepEqual(holders(), [owner.user, first.user, second.user])
  assert.deepEqual(holders(first.user), [])
  keeper.reconfigure(testAccount({ user: first.user }))
  assert.deepEqual([holders(), holders(first.user)], [[owner.user, second.user], [first.user]])
  keeper.reconfigure(sharer(second.user, first.user))
  assert.deepEqual([holders(), holders(first.user)], [[owner.user], [first.user, second.user]])
  keeper.remove(first.user)
  assert.deepEqual([holders(), holders(first.user)], [[owner.user], [second.user]])
  keeper.remove(second.user)
  assert.deepEqual([holders(), holders(first.user)], [[owner.user], []])
})

test('a refresh is told of the newest token by the same sign-in, whoever has that', async () => {
  const { keeper, provider, pass, clock } = simulation
  const owner = testAccount({ user: 'owner@example.com' })
  const sharer = { ...testAccount({ user: 'sharer@example.com' }), signInWith: owner.user }
  const [token, other] = [keeper.add(owner), keeper.add(sharer)]
  const expiresAt = clock.wallMs() + hour
  const accept = (to: AccountToken, number: number | undefined, signedInAt: number) => {
    const counted = number === undefined ? {} : { number }
    to.accept(refreshedToken({ expiresAt, signedInAt, ...counted }))
  }
  const told = async () => {
    void token.refreshNow()
    await pass(second)
    return provider.held?.newest
  }
  accept(token, undefined, 10)
  assert.equal(await told(), undefined)
  accept(token, 5, 10)
  assert.deepEqual(await told(), { number: 5, signedInAt: 10 })
  accept(token, 5, 10)
  accept(other, 6, 10)
  assert.deepEqual(await told(), { number: 6, signedInAt: 10 })
  accept(token, 1, 11)
  assert.deepEqual(await told(), { number: 1, signedInAt: 11 })
})

test('a refresh that was due when its account was removed is dropped, and no other follows', async () => {
  const { pass, provider, keeper } = simulation
  const token = addSignedIn()
  token.resume(1)
  keeper.remove(token.account.user)
  await pass(2 * hour)
  assert.equal(token.state.name, 'signed_out')
  assert.equal(provider.refreshes, 1)
  assert.throws(
    () => keeper.serve(token.account.user),
    expectedError(
      'account_unknown',
      'a refresh that was due when its account was removed is dropped, and no other follows',
    ),
  )
})

test('a changed configuration keeps the token in memory until its successor comes', async () => {
  const { pass, keeper } = simulation
  const token = addSignedIn()
  const first = token.servable
  token.reconfigure(testAccount({ user: token.account.user, scopes: ['mail', 'more'] }))
  assert.equal(keeper.serve(token.account.user), first)
  await pass(second)
  assert.notEqual(token.servable, first)
  assert.equal(token.state.name, 'active')
})

test('a request that waits when the configuration changes gets the token of the new one', async () => {
  const { add, pass, keeper, provider } = simulation
  const [token] = add(1) as [AccountToken]
  token.resume(1)
  const served = keeper.serve(token.account.user)
  const refreshed = token.refreshNow()
  await pass(25, 25)
  token.reconfigure(testAccount({ user: token.account.user, scopes: ['more'] }))
  await pass(100, 25)
  assert.equal((await served).accessToken.reveal(), 'user0@example.com 2')
  await refreshed
  assert.equal(provider.refreshes, 2)
})

for (const lifetimeS of [40, 56, 72, 90, 110, 300, 3_600]) {
  test(`a doubt that is known late moves the refresh of a token of ${lifetimeS} s to its last quarter`, async () => {
    const { pass, provider, clock } = simulation
    const token = addSignedIn()
    const expiresAt = clock.wallMs() + lifetimeS * second
    token.accept({ ...provider.issue(token.account.user), expiresAt })
    await pass((token.nextRefreshAt ?? 0) - clock.wallMs() - second)
    token.failLate(new ProviderUnavailableError('never answered', { isFateUnknown: true }))
    const lastQuarter = expiresAt - lifetimeS * 250
    await pass(lastQuarter - clock.wallMs() - second, second, () =>
      assert.equal(provider.refreshes, 0),
    )
    await pass(3 * second, second, () => assert.notEqual(token.servable, undefined))
    assert.equal(provider.refreshes, 1)
    assert.ok((leftMs(token) ?? 0) > 59 * minute)
  })
}

test('a keeper that was stopped refreshes nothing', async () => {
  const { pass, provider, keeper } = simulation
  addSignedIn()
  keeper.stop()
  await pass(2 * hour)
  assert.equal(provider.refreshes, 0)
})
