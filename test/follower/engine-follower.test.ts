/** What a follower tells of the tokens in an engine, through all that happens to that. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { EtcdRefusedError } from '../../src/etcd/etcd-error.ts'
import { troubleOf } from '../../src/etcd/trouble.ts'
import type { EngineState, FromFollower } from '../../src/messages/follower-messages.ts'
import { fleetKeyOf } from '../../src/fleet/fleet-keys.ts'
import { fleetFormat } from '../../src/fleet/meta.ts'
import { assertAdvice } from '../support/golden.ts'
import { away, FakeEngine, follow, key, now, prefix, sharedToken } from './fake-engine.ts'

const [user, other] = ['user@example.com', 'other@example.com']

function tokensOf(told: readonly FromFollower[]): [string, number | undefined][] {
  return told.flatMap((message) =>
    message.type === 'token' ? [[message.user, message.token.number] as [string, number]] : [],
  )
}

function statesOf(told: readonly FromFollower[]): EngineState[] {
  return told.flatMap((message) => (message.type === 'engine' ? [message.state] : []))
}

async function watched(engine: FakeEngine): Promise<void> {
  while (!engine.isWatched) await setImmediate()
}

test('what is there is told first, then who has nothing, then each change', async (t) => {
  const engine = new FakeEngine()
  engine.putMeta()
  engine.putToken(user, sharedToken())
  engine.putToken('nobody@here.example', sharedToken())
  const { told, until } = follow(t, engine, [user, other])
  const { absent } = await until('listed')
  assert.deepEqual([tokensOf(told), absent], [[[user, 1]], [other]])
  await watched(engine)
  engine.putToken(other, sharedToken({ number: 3 }))
  engine.remove(user)
  engine.remove('nobody@here.example')
  assert.deepEqual(tokensOf(told), [
    [user, 1],
    [other, 3],
  ])
  assert.deepEqual(
    told.filter(({ type }) => type === 'forgotten'),
    [{ type: 'forgotten', user }],
  )
})

test('a token comes with all that the daemon needs, and lives no longer than its lifetime from now', async (t) => {
  const engine = new FakeEngine()
  engine.putToken(user, sharedToken({ expiresAt: now + 9_000_000 }))
  engine.putToken(other, sharedToken({ expiresAt: now + 1_000 }))
  const { told, until } = follow(t, engine, [user, other])
  await until('listed')
  const expiries = told.flatMap((message) => (message.type === 'token' ? [message.token] : []))
  assert.deepEqual(expiries[0], { ...sharedToken(), fingerprint: expiries[0]?.fingerprint })
  assert.equal(expiries[1]?.expiresAt, now + 1_000)
})

test('the engine is told of: version, space, revision, compaction, clock, and how late news is', async (t) => {
  const engine = new FakeEngine()
  engine.clockAheadMs = 2_000
  engine.faultyNodes = [away()]
  engine.putMeta()
  const { until } = follow(t, engine, [user], 20)
  await watched(engine)
  engine.putToken(user, sharedToken(), { at: now - 40 })
  const { state } = await until('engine', ({ state: each }) => each.lagMs !== undefined)
  const { revision: _, faultyNodes = [], ...rest } = state
  assert.deepEqual(
    faultyNodes.map(({ error, error_description: text }) => [error, text]),
    [['store_locked', away().message]],
  )
  assert.deepEqual(rest, {
    isReachable: true,
    isListed: true,
    endpoint: 'https://etcd1:2379',
    version: '3.5.16',
    dbSizeBytes: 20,
    dbInUseBytes: 10,
    alarms: [],
    compactRevision: '7',
    clockAheadMs: 2_000,
    lagMs: 40,
  })
})

test('a watch is made again from where it was, and nothing is listed again', async (t) => {
  const engine = new FakeEngine()
  follow(t, engine, [user], 5)
  await watched(engine)
  engine.putToken(user, sharedToken())
  const isRepeated = () => engine.calls.filter((call) => call.startsWith('watch')).length >= 3
  while (!isRepeated()) await setImmediate()
  assert.equal(engine.calls.filter((call) => call === 'list').length, 1)
  assert.ok(engine.calls.includes(`watch ${engine.revision + 1n}`))
})

for (const end of [
  { kind: 'compacted', compactRevision: '20' },
  { kind: 'behind', revision: '3' },
] as const) {
  test(`where the history is ${end.kind}, all is listed again, and who was signed out meanwhile is told`, async (t) => {
    const engine = new FakeEngine()
    engine.putToken(user, sharedToken())
    const { until } = follow(t, engine, [user])
    await watched(engine)
    engine.keys.clear()
    engine.endWatch(end)
    const { absent } = await until('listed', (message) => message.absent.length > 0)
    assert.deepEqual(absent, [user])
  })
}

test('an engine that is older than it was is told from one whose history is gone', async (t) => {
  const engine = new FakeEngine()
  engine.putToken(user, sharedToken())
  const { until } = follow(t, engine, [user])
  await watched(engine)
  engine.keys.clear()
  engine.revision -= 1n
  engine.endWatch({ kind: 'behind', revision: String(engine.revision) })
  const { isOlder } = await until('listed', ({ absent }) => absent.length > 0)
  assert.equal(isOlder, true)
})

test('a watch that fails goes on where it was, after the engine was asked how it is', async (t) => {
  const engine = new FakeEngine()
  engine.putToken(user, sharedToken())
  const { until } = follow(t, engine, [user])
  await watched(engine)
  engine.endWatch({ kind: 'failed', error: away() })
  const { state } = await until('engine', ({ state: each }) => !each.isReachable)
  assert.equal(state.error?.error, 'store_locked')
  await watched(engine)
  assert.equal(engine.calls.filter((call) => call === 'list').length, 1)
})

for (const what of ['get', 'status', 'list'] as const) {
  test(`an engine that is away at its ${what} is asked again, and its tokens come then`, async (t) => {
    const engine = new FakeEngine()
    engine.putToken(user, sharedToken())
    engine.fault[what] = away()
    const { told, until } = follow(t, engine, [user])
    await until('engine', ({ state }) => !state.isReachable)
    assert.deepEqual(tokensOf(told), [])
    delete engine.fault[what]
    await until('listed')
    assert.deepEqual(tokensOf(told), [[user, 1]])
  })
}

for (const [what, error] of [
  ['list', new EtcdRefusedError('https://etcd1:2379', troubleOf('permission'))],
  ['list', away()],
] as const) {
  test(`while its ${what} fails (${error.trouble}), an engine that answers otherwise is not told as sound`, async (t) => {
    const engine = new FakeEngine()
    engine.putMeta()
    engine.fault = { [what]: error }
    const { told, until } = follow(t, engine, [user])
    while (engine.calls.filter((call) => call === what).length < 4) await setImmediate()
    const errors = statesOf(told).map((state) => state.error !== undefined)
    assert.equal(errors.slice(errors.indexOf(true)).includes(false), false)
    engine.fault = {}
    await until('listed')
    await watched(engine)
    const { state } = await until(
      'engine',
      ({ state }) => state.isListed && state.error === undefined,
    )
    assert.equal(state.isReachable, true)
  })
}

test('another key is named, and no token is told', async (t) => {
  const engine = new FakeEngine()
  engine.putMeta('f'.repeat(16))
  engine.putToken(user, sharedToken())
  const { told, until } = follow(t, engine, [user])
  const { state } = await until('engine', (message) => message.state.error !== undefined)
  const { error, error_description: message = '', hint = '' } = state.error ?? {}
  assert.equal(error, 'store_unreadable')
  assertAdvice({ message, hint }, 'another key')
  assert.deepEqual([state.isReachable, tokensOf(told)], [true, []])
  engine.putMeta()
  await until('listed')
})

test('tokens of a newer format are told as far as they can be read', async (t) => {
  const engine = new FakeEngine()
  engine.putMeta(key.id, { format: fleetFormat + 1 })
  engine.putToken(user, sharedToken())
  engine.put(fleetKeyOf(prefix, 'token', other), newerForm(engine, user))
  const { told, until } = follow(t, engine, [user, other])
  const { absent } = await until('listed')
  assert.deepEqual([tokensOf(told), absent], [[[user, 1]], []])
  const reason = 'a newer cms-oauth wrote it'
  assert.deepEqual(
    told.filter(({ type }) => type === 'unreadable'),
    [{ type: 'unreadable', user: other, reason }],
  )
})

/** A record as a later version may seal it: the byte after "CMSO" says which. */
function newerForm({ keys }: FakeEngine, of: string): Buffer {
  const value = Buffer.from(keys.get(fleetKeyOf(prefix, 'token', of))?.value ?? Buffer.of())
  value[value.indexOf('CMSO') + 4] = 2
  return value
}

for (const clockAheadMs of [10_000, -10_000, 3_600_000, -3_600_000]) {
  test(`to a clock that is ${clockAheadMs} ms ahead of the engine's, tokens expire when they do`, async (t) => {
    const engine = new FakeEngine()
    engine.clockAheadMs = clockAheadMs
    const engineNow = now - clockAheadMs
    engine.putToken(user, sharedToken({ expiresAt: engineNow + 600_000 }))
    engine.putToken(other, sharedToken({ expiresAt: engineNow + 9_000_000 }))
    const { told, until } = follow(t, engine, [user, other])
    await until('listed')
    await watched(engine)
    engine.putToken(user, sharedToken({ number: 2, expiresAt: engineNow + 3_000_000 }))
    const ends = told.flatMap((message) =>
      message.type === 'token' ? message.token.expiresAt : [],
    )
    assert.deepEqual(ends, [now + 600_000, now + 3_600_000, now + 3_000_000])
    const { state } = await until('engine', (message) => message.state.isListed)
    assert.deepEqual([state.clockAheadMs, state.error], [clockAheadMs, undefined])
  })
}

test('a record that cannot be read is told once for each reason, and is not nothing', async (t) => {
  const engine = new FakeEngine()
  const sealedBy = { ...key, id: 'e'.repeat(16) }
  engine.putToken(user, sharedToken(), { sealedBy })
  const { told, until } = follow(t, engine, [user])
  const { absent } = await until('listed')
  assert.deepEqual(absent, [])
  await watched(engine)
  engine.putToken(user, sharedToken({ number: 2 }), { sealedBy })
  engine.putToken(user, sharedToken({ number: 3 }))
  engine.putToken(user, sharedToken({ number: 4 }), { sealedBy })
  const unreadable = told.filter(({ type }) => type === 'unreadable')
  assert.equal(unreadable.length, 2)
  assertAdvice({ message: 'reason' in unreadable[0]! ? unreadable[0].reason : '' }, 'unreadable')
  assert.deepEqual(tokensOf(told), [[user, 3]])
})

test('other users are listed from the beginning', async (t) => {
  const engine = new FakeEngine()
  engine.putToken(user, sharedToken())
  engine.putToken(other, sharedToken())
  const { follower, told, until } = follow(t, engine, [user])
  await until('listed')
  await watched(engine)
  follower.follow([other])
  while (tokensOf(told).length < 2) await setImmediate()
  assert.deepEqual(tokensOf(told), [
    [user, 1],
    [other, 1],
  ])
})

test('what nobody expected is told, and the next try goes on', async (t) => {
  const engine = new FakeEngine()
  engine.fault.get = new TypeError('a fault')
  const { faults, until } = follow(t, engine, [user])
  while (faults.length === 0) await setImmediate()
  delete engine.fault.get
  await until('listed')
  assert.ok(faults[0] instanceof TypeError)
})
