/** What is known of a request whose way broke: nothing was done, or nobody knows. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, test, type TestContext } from 'node:test'
import type { EtcdClient } from '../../src/etcd/etcd-client.ts'
import { EtcdUnavailableError, EtcdUnknownError } from '../../src/etcd/etcd-error.ts'
import { createClient } from '../support/etcd/clients.ts'
import { type EtcdNode, startEtcdNode } from '../support/etcd/etcd-node.ts'
import { type FaultyWay, openFaultyWay, type WayFault } from '../support/etcd/faulty-way.ts'
import { recordWatch } from '../support/etcd/record-watch.ts'
import { prefix } from '../support/etcd/users.ts'

let node: EtcdNode
let judge: EtcdClient

before(async () => {
  node = await startEtcdNode()
  judge = createClient(node)
})
after(async () => {
  judge.close()
  await node.close()
})

let count = 0

interface Scene {
  client: EtcdClient
  ways: FaultyWay[]
  key: string
}

/** A client with a connection and a session by the first of some ways. */
async function begin(t: TestContext, wayCount = 1): Promise<Scene> {
  const ways = await Promise.all(Array.from({ length: wayCount }, () => openFaultyWay(node.port)))
  const client = createClient(node, { endpoints: ways.map(({ endpoint }) => endpoint) })
  t.after(() => {
    client.close()
    for (const way of ways) way.close()
  })
  const key = `${prefix}grant/${++count}`
  await client.get(key)
  return { client, ways, key }
}

function put(client: EtcdClient, key: string, limitMs = 400) {
  const success = [{ put: key, value: Buffer.from('x') }]
  return client.transact({ compare: [], success }, { limitMs })
}

/** Resolves as soon as the key is there. */
async function arrived(key: string): Promise<void> {
  const recorded = recordWatch(judge, key, '1')
  await recorded.received(1)
  recorded.watch.close()
}

function isUnknown(error: unknown): boolean {
  return error instanceof EtcdUnknownError
}

function isUnavailable(error: unknown): boolean {
  return error instanceof EtcdUnavailableError
}

const pausedClient = new URL('../support/etcd/paused-client.ts', import.meta.url)

describe('a way that breaks', { concurrency: true }, () => {
  for (const fault of ['cuts_answers', 'mute'] as const) {
    test(`a write whose answer is lost is of unknown fate, and was done (${fault})`, async (t) => {
      const { client, ways, key } = await begin(t, 2)
      ways[0]?.set(fault)
      await assert.rejects(put(client, key), isUnknown)
      assert.equal((await judge.get(key))?.version, '1')
      // By the other way it can be read back.
      assert.equal((await client.get(key))?.version, '1')
    })
  }

  test('a write that never arrives is of unknown fate, and was not done', async (t) => {
    const { client, ways, key } = await begin(t)
    ways[0]?.set('silent')
    await assert.rejects(put(client, key), isUnknown)
    assert.equal(await judge.get(key), undefined)
  })

  for (const fault of ['cuts_answers', 'mute', 'silent', 'refuses'] as const) {
    test(`a read is answered by another way (${fault})`, async (t) => {
      const { client, ways, key } = await begin(t, 2)
      await put(judge, key)
      ways[0]?.set(fault)
      assert.equal((await client.get(key, { limitMs: 9_000 }))?.value.toString(), 'x')
      assert.equal(client.endpoint, ways[1]?.endpoint)
      // And what works is kept.
      ways[0]?.set('open')
      const before = ways[0]?.connections()
      await put(client, key)
      assert.equal(ways[0]?.connections(), before)
    })
  }

  test('a write without a connection goes another way at once, and is done once', async (t) => {
    const ways = await Promise.all([openFaultyWay(node.port), openFaultyWay(node.port)])
    const client = createClient(node, { endpoints: ways.map(({ endpoint }) => endpoint) })
    t.after(() => client.close())
    for (const way of ways) t.after(() => way.close())
    ways[0]?.set('refuses')
    const key = `${prefix}grant/${++count}`
    await put(client, key, 9_000)
    assert.equal((await judge.get(key))?.version, '1')
  })

  test('without any way nothing was done, and the limit holds', async (t) => {
    const { client, ways, key } = await begin(t, 2)
    client.close()
    for (const way of ways) way.set('refuses')
    await assert.rejects(put(client, key, 300), isUnavailable)
    await assert.rejects(client.get(key, { limitMs: 300 }), isUnavailable)
    await assert.rejects(
      client.list(prefix, () => {}, { limitMs: 300 }),
      isUnavailable,
    )
    assert.equal(await judge.get(key), undefined)
  })

  test('an engine that comes back within the limit is waited for', async (t) => {
    const { client, ways, key } = await begin(t)
    client.close()
    ways[0]?.set('refuses')
    const answer = put(client, key, 10_000)
    await new Promise((resolve) => setTimeout(resolve, 200))
    ways[0]?.set('open')
    assert.equal((await answer).succeeded, true)
    assert.equal((await judge.get(key))?.version, '1')
  })

  test('who no longer waits is told whether it may have been done', async (t) => {
    const { client, ways, key } = await begin(t)
    ways[0]?.set('mute')
    const success = [{ put: key, value: Buffer.from('x') }]
    const controller = new AbortController()
    const { signal } = controller
    const asked = client.transact({ compare: [], success }, { signal })
    await arrived(key)
    controller.abort()
    await assert.rejects(asked, isUnknown)
    await assert.rejects(client.transact({ compare: [], success }, { signal }), isUnavailable)
    assert.equal((await judge.get(key))?.version, '1')
  })

  test('an engine that needs long is given longer', async (t) => {
    const { client, ways, key } = await begin(t)
    // Longer than the shortest limit of 4 s: the first is of unknown fate, the second is waited for.
    ways[0]?.set('slow', 4_500)
    await assert.rejects(put(client, key, 30_000), isUnknown)
    assert.equal((await put(client, key, 30_000)).succeeded, true)
    assert.equal((await put(client, key, 30_000)).succeeded, true)
  })

  test('a watch that is cut off ends, and the next one goes another way and misses nothing', async (t) => {
    const { client, ways, key } = await begin(t, 2)
    const { revision } = await put(judge, key)
    const first = recordWatch(client, key, revision)
    await first.received(1)
    ways[0]?.set('refuses')
    const end = await first.ended
    assert.equal(end.kind === 'failed' && isUnavailable(end.error), true)
    await put(judge, key)
    const second = recordWatch(client, key, first.watch.nextRevision)
    const events = await second.received(1)
    assert.equal(events[0]?.kv.version, '2')
    second.watch.close()
  })

  test('a watch on a connection that says nothing is made again from where it was', async (t) => {
    const { client, ways, key } = await begin(t, 2)
    const { revision } = await put(judge, key)
    const first = recordWatch(client, key, revision)
    await first.received(1)
    ways[0]?.set('silent')
    await put(judge, key)
    first.watch.close()
    assert.deepEqual(await first.ended, { kind: 'closed' })
    // The way is still the one that works, as far as anybody knows: it fails, and the next is another.
    const failed = recordWatch(client, key, first.watch.nextRevision)
    const end = await failed.ended
    assert.equal(end.kind === 'failed' && isUnavailable(end.error), true)
    const second = recordWatch(client, key, first.watch.nextRevision)
    assert.equal((await second.received(1))[0]?.kv.version, '2')
    second.watch.close()
  })

  /** Whatever a pause lets pass, the answer that waits in the socket counts. */
  for (const fault of ['open', 'slow'] satisfies WayFault[]) {
    test(`an answer that came while the process was stopped is read (${fault})`, async (t) => {
      const way = await openFaultyWay(node.port)
      t.after(() => way.close())
      const child: ChildProcess = fork(pausedClient, {
        execArgv: ['--import', 'tsx'],
        env: { ...process.env, ENDPOINT: way.endpoint, CERTIFICATES: node.certificates.directory },
      })
      t.after(() => child.kill('SIGKILL'))
      await once(child, 'message')
      way.set(fault, 300)
      const key = `${prefix}grant/${++count}`
      child.send({ put: key, limitMs: 1_000 })
      await once(child, 'message')
      child.kill('SIGSTOP')
      await arrived(key)
      await new Promise((resolve) => setTimeout(resolve, 3_000))
      child.kill('SIGCONT')
      const [outcome] = (await once(child, 'message')) as [unknown]
      assert.deepEqual(outcome, { succeeded: true })
    })
  }
})
