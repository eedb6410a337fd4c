/** Three nodes of etcd in network namespaces, as the client of the store meets them when nodes fail. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { EtcdClient } from '../../src/etcd/etcd-client.ts'
import { EtcdError } from '../../src/etcd/etcd-error.ts'
import { createClient } from '../support/etcd/clients.ts'
import { type EtcdCluster, startEtcdCluster } from '../support/etcd/etcd-cluster.ts'
import { recordWatch } from '../support/etcd/record-watch.ts'
import { prefix } from '../support/etcd/users.ts'
import { createFleetNetwork, type FleetNetwork, type Machine } from '../support/fleet/network.ts'
import { percentile } from '../support/percentile.ts'
import { requireRoot } from './require-root.ts'

let network: FleetNetwork
let machines: Machine[]
let cluster: EtcdCluster
let client: EtcdClient

before(async () => {
  requireRoot()
  network = createFleetNetwork()
  machines = ['node1', 'node2', 'node3'].map((name) => network.add(name))
  cluster = await startEtcdCluster(
    machines.map(({ address, enter }) => ({
      address,
      clientPort: 2379,
      peerPort: 2380,
      before: enter,
    })),
    // The default of etcd.
    { electionMs: 1_000 },
  )
  client = createClient(cluster)
})
after(async () => {
  client.close()
  await cluster.close()
  network.remove()
})

let count = 0

/** Writes a new key, again until it is known to be there; how long that took. */
async function write(by: EtcdClient, size = 2_500): Promise<number> {
  const key = `${prefix}token/${++count}`
  const beganAt = performance.now()
  for (;;) {
    try {
      const success = [{ put: key, value: Buffer.alloc(size, 'x') }]
      await by.transact({ compare: [], success })
      return performance.now() - beganAt
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error
    }
  }
}

async function leader(): Promise<number> {
  for (;;) {
    for (const [index, endpoint] of cluster.endpoints.entries()) {
      const one = createClient(cluster, { endpoints: [endpoint] })
      const status = await one.status({ limitMs: 1_000 }).catch(() => undefined)
      one.close()
      if (status?.isLeader === true) return index
    }
  }
}

/** The longest that one of many writes took while something happened to the engine. */
async function longestWrite(happens: () => unknown): Promise<number> {
  await write(client)
  await happens()
  let longestMs = 0
  for (const until = performance.now() + 8_000; performance.now() < until;) {
    longestMs = Math.max(longestMs, await write(client))
  }
  return longestMs
}

function figures(of: readonly number[]): string {
  return `p50 ${percentile(of, 0.5).toFixed(1)} ms, p99 ${percentile(of, 0.99).toFixed(1)} ms`
}

function show(what: string, value: string): void {
  console.log(`${what}: ${value}`)
}

test('writes and watches take milliseconds', async () => {
  const { revision } = await client.getAll([`${prefix}meta`])
  const seenAt = new Map<string, number>()
  const watch = client.watch(`${prefix}token/`, revision, {
    created: () => {},
    event: ({ kv }) => seenAt.set(kv.key, performance.now()),
    ended: () => {},
  })
  const [writes, news]: [number[], number[]] = [[], []]
  for (let index = 0; index < 500; index++) {
    const beganAt = performance.now()
    writes.push(await write(client))
    const key = `${prefix}token/${count}`
    while (!seenAt.has(key)) await setTimeout(1)
    news.push((seenAt.get(key) ?? 0) - beganAt)
  }
  watch.close()
  show('a write', figures(writes))
  show('from the beginning of a write to the watch', figures(news))
})

test('10,000 tokens are listed within seconds', async () => {
  const value = Buffer.alloc(2_500, 'x')
  for (let start = 0; start < 10_000; start += 50) {
    const success = Array.from({ length: 50 }, (_, index) => {
      return { put: `${prefix}token/list/${start + index}`, value }
    })
    await client.transact({ compare: [], success })
  }
  const beganAt = performance.now()
  let listed = 0
  await client.list(`${prefix}token/list/`, (page) => (listed += page.length))
  const tookMs = performance.now() - beganAt
  assert.equal(listed, 10_000)
  show('10,000 tokens of 2.5 KB listed', `${(tookMs / 1_000).toFixed(1)} s`)
  assert.equal(tookMs < 20_000, true)
})

for (const [title, fail, repair] of [
  [
    'killed',
    (index: number) => cluster.members[index]?.kill(),
    (index: number) => cluster.members[index]?.restart(),
  ],
  [
    'cut off',
    (index: number) => machines[index]?.cut('engine'),
    (index: number) => machines[index]?.join(),
  ],
] as const) {
  test(`writes go on a few seconds after the leader was ${title}`, async () => {
    const index = await leader()
    const longestMs = await longestWrite(() => fail(index))
    show(`writes stood still after the leader was ${title}`, `${(longestMs / 1_000).toFixed(1)} s`)
    assert.equal(longestMs < 15_000, true)
    await repair(index)
    await write(client)
  })
}

test('a watch on a node that is alone ends, and the next one misses nothing', async () => {
  const index = await leader()
  // The client is at a node, reached by another cable than the other nodes are.
  const alone = createClient(cluster, {
    endpoints: [index, (index + 1) % 3].map((at) => cluster.endpoints[at] ?? ''),
  })
  const { revision } = await alone.getAll([`${prefix}meta`])
  const first = recordWatch(alone, `${prefix}token/`, String(BigInt(revision) + 1n))
  await first.created
  const others = machines.filter((_, at) => at !== index)
  const beganAt = performance.now()
  // Nothing passes between it and the others, while clients reach all of them.
  for (const { address } of others) machines[index]?.block(address)
  const end = await first.ended
  show('a watch on a node that is alone ends after', `${seconds(beganAt)} s`)
  assert.equal(end.kind === 'failed' && end.error instanceof EtcdError, true)
  await write(client)
  const second = recordWatch(alone, `${prefix}token/`, first.watch.nextRevision)
  await second.received(1)
  second.watch.close()
  for (const { address } of others) machines[index]?.block(address, false)
  alone.close()
})

function seconds(since: number): string {
  return ((performance.now() - since) / 1_000).toFixed(1)
}
