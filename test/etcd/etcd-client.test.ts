/** What a record needs of an engine, asked of Debian's etcd. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { EtcdClient } from '../../src/etcd/etcd-client.ts'
import { EtcdRefusedError } from '../../src/etcd/etcd-error.ts'
import { type Compare, isAbsent, wasWrittenBy } from '../../src/etcd/transaction.ts'
import { createClient } from '../support/etcd/clients.ts'
import { type EtcdNode, startEtcdNode } from '../support/etcd/etcd-node.ts'
import { recordWatch } from '../support/etcd/record-watch.ts'
import { prefix } from '../support/etcd/users.ts'

let node: EtcdNode
let client: EtcdClient
/** Each test has keys of its own. */
let keys: string
let count = 0

before(async () => {
  node = await startEtcdNode()
  client = createClient(node)
})
beforeEach(() => {
  keys = `${prefix}grant/${++count}/`
})
after(async () => {
  client.close()
  await node.close()
})

async function put(key: string, value: string | Buffer, lease?: string): Promise<string> {
  const operation = { put: key, value: Buffer.from(value), ...(lease !== undefined && { lease }) }
  const { revision } = await client.transact({ compare: [], success: [operation] })
  return revision
}

async function holds(compare: Compare): Promise<boolean> {
  const { succeeded } = await client.transact({ compare: [compare], success: [] })
  return succeeded
}

async function listed(key: string): Promise<string[]> {
  const found: string[] = []
  await client.list(key, (page) => found.push(...page.map((kv) => kv.key)))
  return found
}

test('a key that is not there is undefined, and one that is there has its bytes and its revision', async () => {
  assert.equal(await client.get(`${keys}a`), undefined)
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  const revision = await put(`${keys}a`, bytes)
  assert.deepEqual(await client.get(`${keys}a`), {
    key: `${keys}a`,
    value: bytes,
    modRevision: revision,
    createRevision: revision,
    version: '1',
    lease: '0',
  })
})

test('an empty value, and a key with any characters, come back as they are', async () => {
  const key = `${keys}\u00e4 "\\\u{1f600}`
  await put(key, '')
  assert.deepEqual(await client.get(key).then((kv) => [kv?.key, kv?.value.length]), [key, 0])
})

test('a transaction is done under its conditions only, and says which branch was done', async () => {
  const [grant, lock] = [`${keys}grant`, `${keys}lock`]
  const create = {
    compare: [isAbsent(grant)],
    success: [{ put: grant, value: Buffer.from('1') }],
    failure: [{ get: grant }],
  }
  const first = await client.transact(create)
  assert.equal(first.succeeded, true)
  const again = await client.transact(create)
  assert.equal(again.succeeded, false)
  assert.equal(again.responses[0]?.kv?.modRevision, first.revision)

  const take = (modRevision: string) => ({
    compare: [wasWrittenBy(grant, modRevision), isAbsent(lock)],
    success: [
      { put: lock, value: Buffer.from('job') },
      { put: grant, value: Buffer.from('2') },
    ],
  })
  assert.equal((await client.transact(take('1'))).succeeded, false)
  assert.equal(await client.get(lock), undefined)
  assert.equal((await client.transact(take(first.revision))).succeeded, true)
  assert.equal((await client.get(grant))?.value.toString(), '2')
  // The grant is another by now, and the lock is taken.
  assert.equal((await client.transact(take(first.revision))).succeeded, false)
})

test('a version, a lease and an order can be conditions too', async () => {
  const key = `${keys}a`
  const revision = await put(key, '1')
  assert.equal(await holds({ key, target: 'version', is: 'equal', version: '1' }), true)
  assert.equal(await holds({ key, target: 'lease', is: 'equal', revision: '0' }), true)
  assert.equal(await holds({ key, target: 'mod', is: 'greater', revision: '1' }), true)
  assert.equal(await holds({ key, target: 'mod', is: 'less', revision }), false)
  assert.equal(await holds({ key, target: 'create', is: 'not_equal', revision: '0' }), true)
})

test('a delete says whether there was something', async () => {
  await put(`${keys}a`, 'x')
  const remove = { compare: [], success: [{ delete: `${keys}a` }, { delete: `${keys}b` }] }
  const { responses } = await client.transact(remove)
  assert.deepEqual(
    responses.map(({ deleted }) => deleted),
    [1, 0],
  )
})

test('some keys are read at one moment', async () => {
  const revision = await put(`${keys}a`, 'a')
  const { kvs, ...read } = await client.getAll([`${keys}a`, `${keys}b`])
  assert.deepEqual(
    [kvs.map((kv) => kv?.value.toString()), read.revision],
    [['a', undefined], revision],
  )
})

test('a list has all keys of its prefix in order, and no other, however many pages it takes', async () => {
  const names = Array.from(
    { length: 300 },
    (_, index) => `${keys}a/${String(index).padStart(3, '0')}`,
  )
  for (let start = 0; start < names.length; start += 100) {
    const success = names
      .slice(start, start + 100)
      .map((key) => ({ put: key, value: Buffer.from(key) }))
    await client.transact({ compare: [], success })
  }
  await put(`${keys}b`, 'no')
  assert.deepEqual(await listed(`${keys}a/`), names)
  assert.deepEqual(await listed(`${keys}none/`), [])
})

test('a list ends where keys are no text, which another program may have written', async () => {
  const bytes = Array.from({ length: 70 }, (_, byte) => Buffer.from([0xff, byte]))
  const odd = bytes.map((name) => Buffer.concat([Buffer.from(keys), name]))
  // Keys of ours are text.
  const success = odd.map((key) => ({ put: key as unknown as string, value: Buffer.of() }))
  await client.transact({ compare: [], success })
  await put(`${keys}a`, '')
  assert.equal((await listed(keys)).length, odd.length + 1)
})

test('what is written while a list goes on is not in it', async () => {
  const names = Array.from(
    { length: 129 },
    (_, index) => `${keys}${String(index).padStart(3, '0')}`,
  )
  for (const half of [names.slice(0, 100), names.slice(100)]) {
    await client.transact({
      compare: [],
      success: half.map((key) => ({ put: key, value: Buffer.from('old') })),
    })
  }
  let written: Promise<unknown> | undefined
  const found: string[] = []
  const { revision } = await client.list(keys, (page) => {
    found.push(...page.map((kv) => kv.key))
    // Sent on another connection than the next page, and done before or after it.
    written ??= put(`${keys}999`, 'new')
  })
  assert.deepEqual([found.length, BigInt(revision) < BigInt(String(await written))], [129, true])
})

test('records that are too large for one page come in smaller ones', async () => {
  const large = Buffer.alloc(700 * 1024, 'x')
  for (let index = 0; index < 12; index++) await put(`${keys}${index}`, large)
  assert.equal((await listed(keys)).length, 12)
})

test('keys under a lease go with it', async () => {
  const bootMs = process.uptime() * 1_000
  const lease = await client.grantLease(60)
  assert.match(lease.id, /^\d{10,}$/)
  assert.equal(lease.seconds, 60)
  assert.equal(lease.requestedAtBootMs > bootMs, true)
  await put(`${keys}lock`, 'job', lease.id)
  assert.equal((await client.get(`${keys}lock`))?.lease, lease.id)
  await node.ctl('lease', 'revoke', BigInt(lease.id).toString(16))
  assert.equal(await client.get(`${keys}lock`), undefined)
  await assert.rejects(put(`${keys}lock`, 'job', lease.id), { trouble: 'lease_gone' })
})

test('a lease that nobody revokes expires', async () => {
  const { id } = await client.grantLease(1)
  const from = await put(`${keys}lock`, 'job', id)
  const recorded = recordWatch(client, keys, from)
  const [written, deleted] = await recorded.received(2)
  assert.deepEqual([written?.type, deleted?.type], ['put', 'delete'])
  recorded.watch.close()
})

test('a watch tells what was written since a revision and what is written from now on, with its bytes', async () => {
  const from = await put(`${keys}a`, 'before')
  await put(`${keys}b`, 'before')
  const recorded = recordWatch(client, keys, from)
  await recorded.received(2)
  await put(`${keys}a`, 'now')
  await client.transact({ compare: [], success: [{ delete: `${keys}b` }] })
  const events = await recorded.received(4)
  assert.deepEqual(
    events.map(({ type, kv }) => [type, kv.key, kv.value.toString()]),
    [
      ['put', `${keys}a`, 'before'],
      ['put', `${keys}b`, 'before'],
      ['put', `${keys}a`, 'now'],
      ['delete', `${keys}b`, ''],
    ],
  )
  assert.equal(recorded.watch.nextRevision, String(BigInt(events[3]?.kv.modRevision ?? 0) + 1n))
  recorded.watch.close()
  assert.deepEqual(await recorded.ended, { kind: 'closed' })
})

test('a watch that goes on where another was closed misses nothing and repeats nothing', async () => {
  let from = await put(`${keys}0`, '0')
  const seen: string[] = []
  for (let round = 1; round <= 3; round++) {
    const recorded = recordWatch(client, keys, from)
    const events = await recorded.received(1)
    recorded.watch.close()
    seen.push(...events.map(({ kv }) => kv.key))
    from = recorded.watch.nextRevision
    await put(`${keys}${round}`, '')
  }
  assert.deepEqual(seen, [`${keys}0`, `${keys}1`, `${keys}2`])
})

test('many large records since a revision come in lines that are bounded', async () => {
  const large = Buffer.alloc(500 * 1024, 'x')
  let from = ''
  for (let index = 0; index < 20; index++) {
    const revision = await put(`${keys}${index}`, large)
    if (from === '') from = revision
  }
  const recorded = recordWatch(client, keys, from)
  const events = await recorded.received(20)
  assert.equal(new Set(events.map(({ kv }) => kv.key)).size, 20)
  recorded.watch.close()
})

test('a watch and a list from before a compaction say so', async () => {
  const old = await put(`${keys}a`, '1')
  const newer = await put(`${keys}a`, '2')
  await node.ctl('compact', newer)
  const recorded = recordWatch(client, keys, String(BigInt(old) - 1n))
  assert.deepEqual(await recorded.ended, { kind: 'compacted', compactRevision: newer })
  assert.equal(await client.compactRevision(`${keys}a`), newer)
})

test('a watch from a revision that the engine has not reached says that it is behind', async () => {
  const revision = await put(`${keys}a`, '1')
  const recorded = recordWatch(client, keys, String(BigInt(revision) + 1_000n))
  assert.deepEqual(await recorded.ended, { kind: 'behind', revision })
})

for (const user of ['relay', 'reader'] as const) {
  test(`from which revision there is history is known by one key that "${user}" may read`, async (t) => {
    const client = createClient(node, { user })
    t.after(() => client.close())
    assert.match(await client.compactRevision(`${prefix}meta`), /^\d+$/)
  })
}

test('a status tells version, size, revision, and who leads', async () => {
  const revision = await put(`${keys}a`, '1')
  const { dbSizeBytes, dbSizeInUseBytes, version, ...status } = await client.status()
  assert.match(version, /^3\.\d+\.\d+$/)
  assert.equal(dbSizeBytes >= dbSizeInUseBytes && dbSizeInUseBytes > 0, true)
  const expected = {
    endpoint: node.endpoint,
    revision,
    hasLeader: true,
    isLeader: true,
    alarms: [],
  }
  assert.deepEqual(status, expected)
  assert.equal(Math.abs(client.clockAheadMs ?? NaN) <= 2_000, true)
})

test('what the role does not permit is refused and was not done, for reads, writes, lists and watches', async () => {
  const reader = createClient(node, { user: 'reader' })
  const [grant, token] = [`${keys}a`, `${prefix}token/${count}`]
  await put(token, 'sealed')
  assert.equal((await reader.get(token))?.value.toString(), 'sealed')
  const write = { compare: [], success: [{ put: token, value: Buffer.from('forged') }] }
  const asked = [
    () => reader.get(grant),
    () => reader.list(prefix, () => {}),
    () => reader.transact(write),
    () => reader.getAll([token, grant]),
  ]
  for (const ask of asked) {
    await assert.rejects(
      ask,
      (error) => error instanceof EtcdRefusedError && error.trouble === 'permission',
    )
  }
  const end = await recordWatch(reader, prefix, '1').ended
  assert.equal(end.kind === 'failed' && end.error instanceof EtcdRefusedError, true)
  const recorded = recordWatch(reader, `${prefix}token/`, (await client.status()).revision)
  await recorded.created
  recorded.watch.close()
  assert.equal((await reader.get(token))?.value.toString(), 'sealed')
  reader.close()
})
