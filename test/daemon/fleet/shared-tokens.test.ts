/** What the news of a follower are to the accounts of a host, and a start before the engine has answered. */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { StoreRole } from '../../../src/configuration/configuration.ts'
import { SharedTokens } from '../../../src/daemon/fleet/shared-tokens.ts'
import { StoreLockedError } from '../../../src/errors.ts'
import type { EngineState } from '../../../src/messages/follower-messages.ts'
import type { StoredRecords } from '../../../src/messages/renewer-jobs.ts'
import { refreshedToken } from '../../support/refreshed.ts'
import { accounts, app, other, owner, prepareGrants, shared } from '../grants/grants-world.ts'
import { ListLog } from '../socket/token-socket.ts'

const signedIn: StoredRecords = {
  records: [{ user: owner.user, signedInAt: 7, refreshedAt: 8 }],
  others: [],
}
const nobody: StoredRecords = { records: [], others: [] }
const all = accounts.map(({ user }) => user)
const reachable: EngineState = { isReachable: true, isListed: true }

function prepare(t: TestContext, role: StoreRole = 'renew') {
  const world = prepareGrants(t)
  const log = new ListLog()
  const readings: { resolve: (records: StoredRecords) => void; reject: (error: Error) => void }[] =
    []
  const tokens = new SharedTokens({
    ...world,
    role,
    accounts: () => accounts,
    readStore: () => new Promise((resolve, reject) => readings.push({ resolve, reject })),
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
  return { ...world, tokens, readings, log, token }
}

describe('a start', () => {
  test('knows nothing of anybody before the engine has answered', (t) => {
    const { states } = prepare(t)
    const waiting = { shared: 'waiting', owner: 'waiting', other: 'waiting', app: 'waiting' }
    assert.deepEqual(states(), waiting)
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
    const expected = { shared: 'signed_out', owner: 'active', other: 'signed_out', app: 'waiting' }
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

test('a logout elsewhere forgets all that share the sign-in, once', async (t) => {
  const { tokens, readings, states, token, happened } = prepare(t)
  readings[0]?.resolve(signedIn)
  tokens.receive(token(owner.user))
  tokens.receive(token(shared.user))
  tokens.receive({ type: 'listed', absent: [other.user, app.user] })
  await setImmediate()
  happened.length = 0
  tokens.receive({ type: 'forgotten', user: owner.user })
  tokens.receive({ type: 'forgotten', user: shared.user })
  assert.deepEqual([states().owner, states().shared], ['signed_out', 'signed_out'])
  assert.deepEqual(happened, [`${owner.user} token.forgotten`, `${shared.user} token.forgotten`])
})

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
