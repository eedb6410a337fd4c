/** What every engine promises, as tests: each engine runs them all. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import type { Engine, HeldRecord, RecordKey } from '../../../src/renewer/store/engine.ts'
import type { Revision } from '../../../src/renewer/store/revision.ts'
import { sealEnvelope } from '../../../src/sealing/envelope.ts'

/** One store, and what can happen to it. */
export interface EngineWorld {
  /** Another process that works with it; for the same issuer, if none is named. */
  open: (issuer?: string) => Engine
  /** Has every write fail from now on, or no more. */
  refuseWrites: (isRefused: boolean) => void
  /** Leaves of a record what a write leaves that stopped in its middle. */
  tear: (key: RecordKey) => void | Promise<void>
  /** Has somebody begin to write a version and die. */
  dieWriting: (key: RecordKey) => Promise<void>
  /** What lies around that is not a record or a lock. */
  leftovers: () => string[]
}

const alice: RecordKey = { user: 'alice@example.com', kind: 'grant' }
const aside: RecordKey = { user: 'alice@example.com', kind: 'unconfirmed' }
const bob: RecordKey = { user: 'bob@example.com', kind: 'grant' }
const key = { bytes: randomBytes(32), id: '0123456789abcdef' }

/** A version of a record; no two are the same. */
function version({ user, kind }: RecordKey): Buffer {
  return sealEnvelope({ user, kind }, Buffer.from('content'), key)
}

async function find(engine: Engine, { user, kind }: RecordKey): Promise<HeldRecord | undefined> {
  return (await engine.list([user])).find((record) => record.kind === kind)
}

async function read(engine: Engine, record: RecordKey): Promise<Buffer | undefined> {
  return (await find(engine, record))?.read()
}

async function revisionOf(engine: Engine, record: RecordKey): Promise<Revision> {
  return (await find(engine, record))?.revision
}

async function begun(engine: Engine): Promise<Engine> {
  await engine.begin()
  return engine
}

/**
 * The suite, for the engine of this name. One that hosts share has no locks of its own, and makes no
 * room: that is what claims are for.
 */
export function testEngine(
  name: string,
  kind: 'alone' | 'shared',
  make: (t: TestContext) => EngineWorld | Promise<EngineWorld>,
): void {
  const check = (title: string, run: (world: EngineWorld) => Promise<void>): void => {
    void test(`${name}: ${title}`, async (t) => run(await make(t)))
  }
  const checkOf = (of: typeof kind, ...[title, run]: Parameters<typeof check>): void => {
    if (of === kind) check(title, run)
  }

  check('list tells what is there, of all or of some, whoever holds the lock', async ({ open }) => {
    const engine = await begun(open())
    assert.deepEqual(await engine.list(), [])
    assert.deepEqual(await engine.list([alice.user]), [])
    for (const record of [alice, aside, bob]) await engine.put(record, version(record), undefined)
    const told = async (users?: string[]) => {
      const held = await open().list(users)
      return held.map(({ user, kind }) => `${user} ${kind}`).toSorted()
    }
    const ofAlice = [`${alice.user} grant`, `${alice.user} unconfirmed`]
    assert.deepEqual(await told(), [...ofAlice, `${bob.user} grant`])
    assert.deepEqual(await told([alice.user]), ofAlice)
    assert.deepEqual(await told(['nobody@example.com']), [])
  })

  check('what was put is what is read, by anybody', async ({ open }) => {
    const engine = await begun(open())
    const sealed = version(alice)
    assert.equal(await engine.put(alice, sealed, undefined), 'durable')
    for (const reader of [engine, open()]) assert.deepEqual(await read(reader, alice), sealed)
  })

  check('put compares: only the expected version is replaced', async ({ open }) => {
    const engine = await begun(open())
    const [first, second] = [version(alice), version(alice)]
    assert.equal(await engine.put(alice, first, 'another revision'), 'superseded')
    assert.deepEqual(await engine.list(), [])
    await engine.put(alice, first, undefined)
    const revision = await revisionOf(engine, alice)
    assert.equal(await engine.put(alice, second, undefined), 'superseded')
    assert.deepEqual(await read(engine, alice), first)
    assert.equal(await engine.put(alice, second, revision), 'durable')
    assert.notEqual(await revisionOf(engine, alice), revision)
    assert.equal(await engine.put(alice, first, revision), 'superseded')
    assert.deepEqual(await read(engine, alice), second)
  })

  check('a grant and an unconfirmed one of the same user are two records', async ({ open }) => {
    const engine = await begun(open())
    await engine.put(alice, version(alice), undefined)
    assert.equal(await engine.put(aside, version(aside), undefined), 'durable')
    assert.equal(await engine.remove(aside), true)
    assert.notEqual(await revisionOf(engine, alice), undefined)
  })

  checkOf('shared', 'begin waits for nobody, and makes no room', async (world) => {
    const { open, refuseWrites, leftovers } = world
    await Promise.all([open().begin(), open().begin()])
    refuseWrites(true)
    const attempt = await open().begin(alice)
    attempt.giveBack()
    assert.deepEqual(leftovers(), [])
  })

  checkOf('shared', 'a version says its number and its claim', async ({ open }) => {
    const engine = open()
    await engine.put(alice, version(alice), undefined, { number: 7, job: 'j1' })
    const held = await find(open(), alice)
    assert.deepEqual(held?.stamp, { number: 7, job: 'j1' })
    const attempt = await engine.begin(alice)
    await attempt.commit(version(alice), held?.revision, { number: 8, job: 'j2' })
    assert.deepEqual((await find(open(), alice))?.stamp, { number: 8, job: 'j2' })
  })

  checkOf(
    'alone',
    'begin waits while another works for the issuer, and for nobody else',
    async ({ open }) => {
      const first = await begun(open())
      await assert.rejects(open().begin(), { code: 'store_locked' })
      await begun(open('https://other.example'))
      const waiting = open().begin()
      await first.close()
      await waiting
    },
  )

  check('the room for a version is there before it, and takes it', async ({ open, leftovers }) => {
    const engine = open()
    const attempt = await engine.begin(alice)
    assert.deepEqual(await engine.list(), [])
    const sealed = version(alice)
    assert.equal(await attempt.commit(sealed, undefined), 'durable')
    attempt.giveBack()
    assert.deepEqual(await read(engine, alice), sealed)
    assert.deepEqual(leftovers(), [])
  })

  check('room that is not used is given back, once', async ({ open, leftovers }) => {
    const engine = open()
    const attempt = await engine.begin(alice)
    attempt.giveBack()
    attempt.giveBack()
    assert.deepEqual([leftovers(), await engine.list()], [[], []])
  })

  checkOf(
    'alone',
    'there is no room where nothing can be written',
    async ({ open, refuseWrites }) => {
      const engine = await begun(open())
      refuseWrites(true)
      await assert.rejects(engine.begin(alice), { code: 'store_locked' })
      refuseWrites(false)
      await engine.begin(alice)
    },
  )

  check('commit compares too, and keeps its room for the next try', async ({ open }) => {
    const engine = open()
    const attempt = await engine.begin(alice)
    const [other, sealed] = [version(alice), version(alice)]
    await engine.put(alice, other, undefined)
    assert.equal(await attempt.commit(sealed, undefined), 'superseded')
    assert.deepEqual(await read(engine, alice), other)
    assert.equal(await attempt.commit(sealed, await revisionOf(engine, alice)), 'durable')
    assert.deepEqual(await read(engine, alice), sealed)
  })

  check('a write that fails leaves the older version whole, and nothing else', async (world) => {
    const { open, refuseWrites, leftovers } = world
    const engine = await begun(open())
    const [first, second] = [version(alice), version(alice)]
    await engine.put(alice, first, undefined)
    const revision = await revisionOf(engine, alice)
    refuseWrites(true)
    await assert.rejects(engine.put(alice, second, revision))
    assert.equal(await revisionOf(open(), alice), revision)
    refuseWrites(false)
    assert.deepEqual(leftovers(), [])
    assert.equal(await engine.put(alice, second, revision), 'durable')
  })

  check('a writer that dies leaves the older version to everybody', async (world) => {
    const { open, dieWriting } = world
    const engine = await begun(open())
    const sealed = version(alice)
    await engine.put(alice, sealed, undefined)
    await engine.close()
    await dieWriting(alice)
    const next = await begun(open())
    assert.deepEqual(await read(next, alice), sealed)
    assert.equal((await next.list()).length, 1)
    assert.equal(await next.put(alice, version(alice), await revisionOf(next, alice)), 'durable')
  })

  check('a torn record is another version, which is told, and can be replaced', async (world) => {
    const { open, tear } = world
    const engine = await begun(open())
    for (const record of [alice, bob]) await engine.put(record, version(record), undefined)
    const revision = await revisionOf(engine, alice)
    await tear(alice)
    assert.equal((await engine.list()).length, 2)
    assert.notEqual(await revisionOf(engine, alice), revision)
    assert.equal(await engine.put(alice, version(alice), revision), 'superseded')
    const whole = version(alice)
    assert.equal(await engine.put(alice, whole, await revisionOf(engine, alice)), 'durable')
    assert.deepEqual(await read(engine, alice), whole)
  })

  check('of writers that have seen the same version one succeeds', async ({ open }) => {
    const issuers = ['https://a.example', 'https://b.example', 'https://c.example']
    const engines = await Promise.all(issuers.map((issuer) => begun(open(issuer))))
    for (let round = 0; round < 20; round++) {
      const expected = await Promise.all(engines.map((engine) => revisionOf(engine, alice)))
      assert.equal(new Set(expected).size, 1)
      const versions = engines.map(() => version(alice))
      const outcomes = await Promise.all(
        engines.map((engine, at) => engine.put(alice, versions[at] ?? Buffer.of(), expected[at])),
      )
      assert.equal(outcomes.filter((outcome) => outcome === 'durable').length, 1)
      const winner = versions[outcomes.indexOf('durable')]
      for (const engine of engines) assert.deepEqual(await read(engine, alice), winner)
    }
  })

  check('what is removed is gone, and comes back by no late write', async ({ open }) => {
    const engine = await begun(open())
    await engine.put(alice, version(alice), undefined)
    const revision = await revisionOf(engine, alice)
    assert.equal(await engine.remove(alice), true)
    assert.equal(await engine.remove(alice), false)
    assert.deepEqual(await open().list(), [])
    assert.equal(await engine.put(alice, version(alice), revision), 'superseded')
  })

  checkOf('alone', 'a record that went between list and read is read as none', async ({ open }) => {
    const engine = await begun(open())
    await engine.put(alice, version(alice), undefined)
    const held = await find(engine, alice)
    await engine.remove(alice)
    assert.deepEqual([held?.read(), held?.revision], [undefined, undefined])
  })
}
