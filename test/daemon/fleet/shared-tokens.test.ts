/** What the news of a follower are to the accounts of a host, and a start before the engine has answered. */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Account } from '../../../src/accounts/account.ts'
import type { StoreRole } from '../../../src/configuration/configuration.ts'
import { SharedTokens } from '../../../src/daemon/fleet/shared-tokens.ts'
import { whyNoToken } from '../../../src/daemon/tokens/why-no-token.ts'
import {
  ProviderRejectedError,
  StoreLockedError,
  StoreUnreadableError,
} from '../../../src/errors.ts'
import type { EngineState } from '../../../src/messages/follower-messages.ts'
import type {
  FreshToken,
  RecordSummary,
  StoredRecords,
} from '../../../src/messages/renewer-jobs.ts'
import { errorToWire } from '../../../src/shapes/wire-error.ts'
import { refreshedToken } from '../../support/refreshed.ts'
import { accounts, app, other, owner, prepareGrants, shared } from '../grants/grants-world.ts'
import { ListLog } from '../socket/token-socket.ts'

const signedIn: StoredRecords = {
  records: [{ user: owner.user, signedInAt: 7, refreshedAt: 8 }],
  others: [],
}
const ofOther = { user: other.user, signedInAt: 7, refreshedAt: 8 }
const nobody: StoredRecords = { records: [], others: [] }
const all = accounts.map(({ user }) => user)
const reachable: EngineState = { isReachable: true, isListed: true }

function prepare(
  t: TestContext,
  role: StoreRole = 'renew',
  refresh?: (account: Account) => Promise<FreshToken>,
) {
  const world = prepareGrants(t, refresh === undefined ? {} : { refresh })
  const log = new ListLog()
  const readings: { resolve: (records: StoredRecords) => void; reject: (error: Error) => void }[] =
    []
  const left: { users: string[]; resolve: (records: RecordSummary[]) => void }[] = []
  const tokens = new SharedTokens({
    ...world,
    role,
    accounts: () => accounts,
    readStore: () => new Promise((resolve, reject) => readings.push({ resolve, reject })),
    readSome: (some) =>
      new Promise((resolve) => left.push({ users: some.map(({ user }) => user), resolve })),
    log,
  })
  t.after(() => tokens.stop())
  tokens.start()
  const token = (user: string) => {
    const expiresAt = world.clock.wallMs() + 3_600_000
    const life = { expiresAt, lifetimeMs: 3_600_000 }
    const shared = refreshedToken({ accessToken: 'shared', signedInAt: 7, number: 1, ...life })
    return { type: 'token', user, token: shared } as const
  }
  return { ...world, tokens, readings, left, log, token }
}

describe('a start', () => {
  test('knows nothing of anybody before the engine has answered', (t) => {
    const { states } = prepare(t)
    const name = 'awaiting_store'
    assert.deepEqual(states(), { shared: name, owner: name, other: name, app: name })
  })

  for (const [name, isListedFirst] of [
    ['listed first', true],
    ['read first', false],
  ] as const) {
    test(`fetches tokens for those who have none, once both are known (${name})`, async (t) => {
      const { tokens, readings, states, token, happened } = prepare(t)
      const list = () =>
        tokens.receive({ type: 'listed', absent: [owner.user, other.user, app.user] })
      tokens.receive(token(shared.user))
      if (isListedFirst) list()
      readings[0]?.resolve(signedIn)
      await setImmediate()
      if (!isListedFirst) list()
      await setImmediate()
      const expected = { shared: 'active', owner: 'active', other: 'signed_out', app: 'active' }
      assert.deepEqual(states(), expected)
      assert.deepEqual(happened, [
        `${shared.user} token.adopted`,
        `${owner.user} token.refreshed`,
        `${app.user} token.refreshed`,
      ])
    })
  }

  test('says why nobody has a token, as long as that is so', (t) => {
    const { tokens, keeper } = prepare(t)
    const why = () => {
      const token = keeper.find(owner.user)
      return token && whyNoToken(owner.user, token.state).code
    }
    const away = errorToWire(new StoreUnreadableError('etcd refuses the password'))
    assert.equal(why(), 'store_locked')
    tokens.receive({ type: 'engine', state: { isReachable: false, isListed: false, error: away } })
    assert.equal(why(), 'store_unreadable')
    tokens.await()
    assert.equal(why(), 'store_unreadable')
    tokens.receive({ type: 'engine', state: reachable })
    assert.equal(why(), 'store_locked')
  })

  test('says why its store cannot be read, where only that is wrong', async (t) => {
    const { tokens, keeper, readings } = prepare(t)
    tokens.receive({ type: 'engine', state: reachable })
    readings[0]?.reject(new StoreUnreadableError('the key is missing'))
    await setImmediate()
    const token = keeper.find(owner.user)
    assert.ok(token)
    assert.equal(whyNoToken(owner.user, token.state).message, 'the key is missing')
  })

  test('tries again where the store cannot be read, at once when the engine is back', async (t) => {
    const { tokens, readings, states, log } = prepare(t)
    readings[0]?.reject(new StoreLockedError('etcd is away'))
    await setImmediate()
    assert.deepEqual(
      log.lines.map(({ event }) => event),
      ['fleet.store_unread'],
    )
    tokens.receive({ type: 'engine', state: reachable })
    readings[1]?.resolve(nobody)
    tokens.receive({ type: 'listed', absent: all })
    await setImmediate()
    assert.deepEqual([states().owner, states().app], ['signed_out', 'active'])
  })

  test('of a host that only serves reads nothing but tokens', async (t) => {
    const { tokens, readings, states, token } = prepare(t, 'serve')
    tokens.receive(token(owner.user))
    tokens.receive({ type: 'listed', absent: [shared.user, other.user] })
    await setImmediate()
    // What is there and cannot be read here may be read when its key is right.
    const expected = {
      shared: 'signed_out',
      owner: 'active',
      other: 'signed_out',
      app: 'awaiting_store',
    }
    assert.deepEqual([states(), readings.length], [expected, 0])
  })
})

test('a record that cannot be read is renewed where that can be done', async (t) => {
  const { tokens, readings, states, log } = prepare(t)
  readings[0]?.resolve(signedIn)
  tokens.receive({ type: 'unreadable', user: owner.user, reason: 'it is sealed with another key' })
  tokens.receive({ type: 'listed', absent: [other.user] })
  await setImmediate()
  await setImmediate()
  assert.equal(states().owner, 'active')
  assert.deepEqual(
    log.lines.map(({ event }) => event),
    ['fleet.token_unreadable'],
  )
})

/** All but one have a token that hosts share. */
async function prepareWithTokens(t: TestContext, role?: StoreRole) {
  const world = prepare(t, role)
  world.readings[0]?.resolve(signedIn)
  for (const { user } of [owner, shared, app]) world.tokens.receive(world.token(user))
  world.tokens.receive({ type: 'listed', absent: [other.user] })
  await setImmediate()
  world.happened.length = 0
  return world
}

for (const role of ['renew', 'serve'] as const) {
  test(`a token of another provider is not served, and the reason is told (${role})`, async (t) => {
    const foreign = {
      ...refreshedToken({ signedInAt: 7, number: 9 }),
      issuer: 'https://other.example',
    }
    const { tokens, readings, keeper, happened, log } = prepare(t, role, () =>
      Promise.resolve(foreign),
    )
    readings[0]?.resolve(signedIn)
    tokens.receive({ type: 'token', user: owner.user, token: foreign })
    const token = keeper.find(owner.user)
    assert.ok(token)
    assert.match(whyNoToken(owner.user, token.state).message, /other\.example/)
    tokens.receive({ type: 'listed', absent: [other.user] })
    await setImmediate()
    await setImmediate()
    assert.match(whyNoToken(owner.user, token.state).message, /other\.example/)
    assert.equal(token.servable, undefined)
    assert.ok(!happened.includes(`${owner.user} token.adopted`))
    assert.equal(log.lines[0]?.event, 'fleet.token_unreadable')
  })
}

describe('a token that is deleted in the engine', () => {
  test('with its sign-in, by a logout elsewhere, forgets all that share it, once', async (t) => {
    const { tokens, left, states, happened } = await prepareWithTokens(t)
    tokens.receive({ type: 'forgotten', user: owner.user })
    tokens.receive({ type: 'forgotten', user: shared.user })
    const forgotten = [`${owner.user} token.forgotten`, `${shared.user} token.forgotten`]
    assert.deepEqual(happened, forgotten)
    left[0]?.resolve([])
    await setImmediate()
    assert.deepEqual([states().owner, states().shared], ['signed_out', 'signed_out'])
    assert.deepEqual([happened, left.length], [forgotten, 1])
  })

  test('alone is fetched again, for all that share the sign-in', async (t) => {
    const { tokens, left, states, stored, log } = await prepareWithTokens(t)
    tokens.receive({ type: 'forgotten', user: owner.user })
    assert.deepEqual(new Set(left[0]?.users), new Set([owner.user, shared.user]))
    left[0]?.resolve(signedIn.records)
    await setImmediate()
    await setImmediate()
    assert.deepEqual([states().owner, states().shared], ['active', 'active'])
    assert.ok(stored.unused().every(({ user }) => user !== owner.user))
    const events = log.lines.map(({ event }) => event)
    assert.deepEqual(events, ['fleet.token_missing'])
  })

  test('and again while the store is read: what was read before does not count', async (t) => {
    const { tokens, left, states } = await prepareWithTokens(t)
    tokens.receive({ type: 'forgotten', user: owner.user })
    tokens.receive({ type: 'forgotten', user: owner.user })
    left[0]?.resolve(signedIn.records)
    await setImmediate()
    left[1]?.resolve([])
    await setImmediate()
    assert.deepEqual([states().owner, left.length], ['signed_out', 2])
  })

  test('of an account that nobody signs in for is fetched again at once', async (t) => {
    const { tokens, left, states } = await prepareWithTokens(t)
    tokens.receive({ type: 'forgotten', user: app.user })
    await setImmediate()
    assert.deepEqual([states().app, left.length], ['active', 0])
  })

  test('is gone on a host that only serves', async (t) => {
    const { tokens, left, states } = await prepareWithTokens(t, 'serve')
    tokens.receive({ type: 'forgotten', user: owner.user })
    await setImmediate()
    assert.deepEqual([states().owner, left.length], ['signed_out', 0])
  })
})

for (const [title, order] of [
  ['before the store was read', ['token', 'read']],
  ['while the store is read again', ['read', 'list', 'token', 'read']],
] as const) {
  test(`who signs in after a list, ${title}, is not signed out by it`, async (t) => {
    const { tokens, readings, states, token } = prepare(t)
    const list = () => tokens.receive({ type: 'listed', absent: all })
    list()
    for (const step of order) {
      if (step === 'token') tokens.receive(token(owner.user))
      else if (step === 'list') list()
      // What was read is older than the sign-in.
      else readings.at(-1)?.resolve(nobody)
      await setImmediate()
    }
    assert.equal(states().owner, 'active')
    assert.equal(states().other, 'signed_out')
  })
}

test('who has no token in a later list is signed out, unless the store has the sign-in', async (t) => {
  const { tokens, readings, states, token } = prepare(t)
  readings[0]?.resolve(signedIn)
  for (const user of all) tokens.receive(token(user))
  tokens.receive({ type: 'listed', absent: [] })
  await setImmediate()
  tokens.receive({ type: 'listed', absent: [owner.user, other.user] })
  readings[1]?.resolve(signedIn)
  await setImmediate()
  const expected = { shared: 'active', owner: 'active', other: 'signed_out', app: 'active' }
  assert.deepEqual(states(), expected)
})

/** The owner has signed in, and then the engine is restored from before that. */
async function restoreEmpty({ tokens, readings, token }: ReturnType<typeof prepare>) {
  readings[0]?.resolve(signedIn)
  tokens.receive(token(owner.user))
  tokens.receive({ type: 'listed', absent: [shared.user, other.user, app.user] })
  await setImmediate()
  tokens.receive({ type: 'listed', absent: all, isOlder: true })
  readings[1]?.resolve(nobody)
  await setImmediate()
}

test('what is gone with the data of an engine was not signed out, and is served on', async (t) => {
  const world = prepare(t)
  const { tokens, readings, states, log } = world
  await restoreEmpty(world)
  assert.deepEqual([states().owner, states().other], ['active', 'signed_out'])
  assert.ok(log.lines.some(({ event }) => event === 'fleet.engine_older'))
  // A reload has all listed again.
  tokens.await()
  tokens.receive({ type: 'listed', absent: all })
  readings[2]?.resolve(nobody)
  await setImmediate()
  assert.equal(states().owner, 'active')
})

test('what was gone with the data of an engine and is there again is signed out of as ever', async (t) => {
  const world = prepare(t)
  const { tokens, readings, states, token } = world
  await restoreEmpty(world)
  tokens.receive(token(owner.user))
  tokens.receive({ type: 'listed', absent: all })
  readings[2]?.resolve(nobody)
  await setImmediate()
  assert.equal(states().owner, 'signed_out')
})

test('a logout is dated by the clock of the engine, as sign-ins are', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 100_000 })
  for (const [clockAheadMs, engineAt] of [
    [60_000, 40_000],
    [-60_000, 160_000],
    // So little is the way of an answer.
    [2_000, 100_000],
  ] as const) {
    const { tokens, stored } = prepare(t)
    tokens.receive({ type: 'engine', state: { ...reachable, clockAheadMs } })
    tokens.receive({ type: 'forgotten', user: owner.user })
    assert.equal(stored.isForgotten(owner.user, engineAt), true)
    assert.equal(stored.isForgotten(owner.user, engineAt + 1), false)
  }
})

test('what was wrong with the engine is tried again when that is over, and nothing else is', async (t) => {
  let asked = 0
  const { tokens, readings, states, token } = prepare(t, 'renew', ({ user }) => {
    asked++
    const Class = user === owner.user ? StoreUnreadableError : ProviderRejectedError
    return Promise.reject(new Class('no'))
  })
  readings[0]?.resolve({ ...signedIn, records: [...signedIn.records, ofOther] })
  tokens.receive(token(shared.user))
  tokens.receive(token(app.user))
  tokens.receive({ type: 'listed', absent: [owner.user, other.user] })
  await setImmediate()
  assert.deepEqual([states().owner, states().other, asked], ['misconfigured', 'misconfigured', 2])
  const error = errorToWire(new StoreUnreadableError('etcd refuses the password'))
  tokens.receive({ type: 'engine', state: { isReachable: false, isListed: true, error } })
  tokens.receive({ type: 'engine', state: reachable })
  await setImmediate()
  assert.equal(asked, 3)
})

test('the engine is logged when it is away, once for each reason, and when it is back', (t) => {
  const { tokens, log } = prepare(t)
  const state = (error_description?: string): EngineState =>
    error_description === undefined
      ? reachable
      : {
          isReachable: false,
          isListed: true,
          error: { error: 'store_locked', error_description, hint: 'h' },
        }
  for (const each of [undefined, 'away', 'away', 'no leader', undefined, undefined]) {
    tokens.receive({ type: 'engine', state: state(each) })
  }
  assert.deepEqual(
    log.lines.map(({ event, fields }) => [event, fields.message]),
    [
      ['fleet.engine_unreachable', 'away'],
      ['fleet.engine_unreachable', 'no leader'],
      ['fleet.engine_reached', undefined],
    ],
  )
  assert.deepEqual(tokens.engine, reachable)
  tokens.noteLost()
  assert.equal(tokens.engine.isReachable, false)
})
