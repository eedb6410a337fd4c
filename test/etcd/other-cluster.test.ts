/** An endpoint that is a node of another cluster, as one that was set up again alone, with the same certificates. */
import assert from 'node:assert/strict'
import { after, before, test, type TestContext } from 'node:test'
import { createClient } from '../support/etcd/clients.ts'
import { type EtcdNode, startEtcdNode } from '../support/etcd/etcd-node.ts'
import { openFaultyWay } from '../support/etcd/faulty-way.ts'
import { prefix } from '../support/etcd/users.ts'
import { assertAdvice } from '../support/golden.ts'
import { failureOf } from './failure-of.ts'

let ours: EtcdNode
const others: EtcdNode[] = []

before(async () => {
  ours = await startEtcdNode()
  const { certificates } = ours
  others.push(
    await startEtcdNode({ certificates }),
    // Whose users are gone, too: it takes every session.
    await startEtcdNode({ certificates, auth: 'none' }),
  )
})
after(async () => {
  for (const node of [...others, ours]) await node.close()
})

const value = Buffer.from('x')
let count = 0

/** A client that has met our cluster first, and now finds only the other node. */
async function begin(t: TestContext, other: EtcdNode | undefined) {
  assert.ok(other)
  const ways = [await openFaultyWay(ours.port), await openFaultyWay(other.port)] as const
  const client = createClient(ours, { endpoints: ways.map(({ endpoint }) => endpoint) })
  t.after(() => {
    client.close()
    for (const way of ways) way.close()
  })
  const key = `${prefix}grant/${++count}`
  await client.get(key)
  ways[0].set('refuses')
  // The connection that was kept is known to be cut off then.
  await client.get(key, { limitMs: 200 }).catch(() => {})
  return { client, ways, key, other }
}

for (const [index, title] of ['with users of its own', 'without users'].entries()) {
  test(`nothing is written to another cluster ${title}`, async (t) => {
    const { client, ways, key, other } = await begin(t, others[index])
    const success = [{ put: key, value }]
    const error = await failureOf(client.transact({ compare: [], success }, { limitMs: 1_000 }))
    assert.equal(error.trouble, 'other_cluster')
    const [first, second] = ways
    const names = { first: first.endpoint, endpoint: second.endpoint }
    assertAdvice(error, 'other_cluster', names)
    assert.equal(error.constructor.name, 'EtcdUnavailableError')
    assert.equal(await other.ctl('get', '--keys-only', key), '')
    ways[0].set('open')
    assert.equal((await client.transact({ compare: [], success })).succeeded, true)
  })

  test(`nothing is read from another cluster ${title}, where ours would say otherwise`, async (t) => {
    const { client, key } = await begin(t, others[index])
    assert.equal((await failureOf(client.get(key, { limitMs: 1_000 }))).trouble, 'other_cluster')
  })
}

test('where all endpoints are of another cluster by now, that is ours, as after a restore', async (t) => {
  const [other] = others
  assert.ok(other)
  const way = await openFaultyWay(ours.port)
  const client = createClient(ours, { endpoints: [way.endpoint] })
  t.after(() => {
    client.close()
    way.close()
  })
  const key = `${prefix}grant/${++count}`
  await client.get(key)
  way.lead(other.port)
  assert.equal(await client.get(key), undefined)
  const success = [{ put: key, value }]
  assert.equal((await client.transact({ compare: [], success })).succeeded, true)
  assert.deepEqual((await client.get(key))?.value, value)
})
