/** Sessions: one is kept as long as the engine takes it, and renewed once where it does not. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { EtcdClient } from '../../src/etcd/etcd-client.ts'
import { createClient } from '../support/etcd/clients.ts'
import type { EtcdOptions } from '../support/etcd/etcd-cluster.ts'
import { type EtcdNode, startEtcdNode } from '../support/etcd/etcd-node.ts'
import { recordWatch } from '../support/etcd/record-watch.ts'
import { passwords, prefix } from '../support/etcd/users.ts'
import type { TestContext } from 'node:test'

const key = `${prefix}grant/a`

async function start(t: TestContext, options: EtcdOptions = {}): Promise<EtcdNode> {
  const node = await startEtcdNode(options)
  t.after(() => node.close())
  return node
}

/** A client, and how often it asked for the password: once for each session. */
function countingClient(t: TestContext, { endpoints, tls }: EtcdNode) {
  const counts = { sessions: 0 }
  const password = () => {
    counts.sessions++
    return Promise.resolve(passwords.relay)
  }
  const options = { endpoints, tls, credentials: { user: 'relay', password } }
  const client = new EtcdClient({ ...options, bootMs: () => 0 })
  t.after(() => client.close())
  return { client, counts }
}

function put(client: EtcdClient) {
  return client.transact({ compare: [], success: [{ put: key, value: Buffer.from('x') }] })
}

test('a session that is younger than the data of an engine, which lets it wait, is renewed', async (t) => {
  const node = await start(t, { auth: 'simple' })
  const directory = mkdtempSync(join(tmpdir(), 'etcd-snapshot-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const snapshot = join(directory, 'snapshot')
  await node.ctl('snapshot', 'save', snapshot)
  const { client, counts } = countingClient(t, node)
  for (let left = 20; left > 0; left--) await put(client)
  await node.restore(snapshot)
  assert.equal(await client.get(key), undefined)
  await put(client)
  assert.ok(counts.sessions >= 2)
})

for (const auth of ['jwt', 'simple'] as const) {
  test(`one session serves all requests and watches, with ${auth} tokens`, async (t) => {
    const node = await start(t, { auth })
    const { client, counts } = countingClient(t, node)
    await Promise.all(Array.from({ length: 20 }, () => put(client)))
    const recorded = recordWatch(client, prefix, '1')
    await recorded.received(20)
    recorded.watch.close()
    assert.equal(counts.sessions, 1)
  })

  test(`a restart of the engine costs no request, with ${auth} tokens`, async (t) => {
    const node = await start(t, { auth })
    const { client, counts } = countingClient(t, node)
    await put(client)
    await node.restart()
    // A read first: a write on the connection that the restart has cut off is of unknown fate.
    assert.equal((await client.get(key))?.value.toString(), 'x')
    await put(client)
    if (auth === 'jwt') assert.equal(counts.sessions, 1)
  })
}

test('a session that has expired is renewed, for writes and for watches', async (t) => {
  const node = await start(t, { sessionSeconds: 2 })
  const { client, counts } = countingClient(t, node)
  // It expires before one of them, and that is done all the same.
  while (counts.sessions < 2) await put(client)
  for (let isTold = false; counts.sessions < 3 || !isTold;) {
    const recorded = recordWatch(client, prefix, '1')
    const told = recorded.received(2).then(() => true)
    // On a machine that is too busy the next one may have expired as well.
    isTold = await Promise.race([told, recorded.ended.then(() => false)])
    recorded.watch.close()
  }
})

test('a change of users makes the session old, and it is renewed', async (t) => {
  const node = await start(t)
  const { client, counts } = countingClient(t, node)
  await put(client)
  await node.ctl('user', 'add', 'another:password')
  await put(client)
  assert.equal(counts.sessions, 2)
})

test('a changed password counts at the next session without a new client', async (t) => {
  const node = await start(t, { auth: 'simple' })
  let password = passwords.relay
  const { endpoints, tls } = node
  const credentials = { user: 'relay', password: () => Promise.resolve(password) }
  const client = new EtcdClient({ endpoints, tls, credentials, bootMs: () => 0 })
  await put(client)
  await changePassword(node, 'new-password')
  await assert.rejects(client.get(key), { trouble: 'password' })
  password = 'new-password'
  assert.equal((await client.get(key))?.value.toString(), 'x')
  client.close()
})

async function changePassword(node: EtcdNode, password: string): Promise<void> {
  await node.ctl('user', 'delete', 'relay')
  await node.ctl('user', 'add', `relay:${password}`)
  await node.ctl('user', 'grant-role', 'relay', 'renew')
}

test('a wrong password is asked about once for each request, and nothing is done', async (t) => {
  const node = await start(t)
  const client = createClient(node, { password: 'wrong' })
  t.after(() => client.close())
  await assert.rejects(put(client), { name: 'EtcdRefusedError', trouble: 'password' })
  const end = await recordWatch(client, prefix, '1').ended
  assert.equal(end.kind === 'failed' && end.error.name, 'EtcdRefusedError')
})

test('what reading the password throws comes through as it is', async (t) => {
  const { endpoints, tls } = await start(t)
  const error = new Error('the keyring is locked')
  const credentials = { user: 'relay', password: () => Promise.reject(error) }
  const client = new EtcdClient({ endpoints, tls, credentials, bootMs: () => 0 })
  t.after(() => client.close())
  await assert.rejects(client.get(key), (thrown) => thrown === error)
  const end = await recordWatch(client, prefix, '1').ended
  assert.equal(end.kind === 'failed' && end.error, error)
})
