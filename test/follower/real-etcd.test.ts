/** A follower at a real etcd, with the rights of a host that only serves, through a way that fails. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { EtcdStoreConfiguration } from '../../src/configuration/configuration.ts'
import type { EtcdClient } from '../../src/etcd/etcd-client.ts'
import { fleetKeyOf } from '../../src/fleet/fleet-keys.ts'
import { encodeFleetRecord } from '../../src/fleet/fleet-records.ts'
import { sealToken } from '../../src/fleet/token-record.ts'
import { EngineFollower } from '../../src/follower/engine-follower.ts'
import { openSession } from '../../src/follower/engine-session.ts'
import type { FromFollower } from '../../src/messages/follower-messages.ts'
import { loadTokenKey, type MasterKey } from '../../src/sealing/master-key.ts'
import { testEtcdStore } from '../support/configurations.ts'
import { createClient } from '../support/etcd/clients.ts'
import { type EtcdNode, startEtcdNode } from '../support/etcd/etcd-node.ts'
import { type FaultyWay, openFaultyWay } from '../support/etcd/faulty-way.ts'
import { passwords, prefix } from '../support/etcd/users.ts'
import { sharedToken } from './fake-engine.ts'

const user = 'user@example.com'
let etcd: EtcdNode
let way: FaultyWay
let client: EtcdClient
let store: EtcdStoreConfiguration
let key: MasterKey
let follower: EngineFollower
const told: FromFollower[] = []

before(async () => {
  etcd = await startEtcdNode()
  way = await openFaultyWay(etcd.port)
  client = createClient(etcd)
  const { directory, ca, client: files } = etcd.certificates
  const secret = (name: string, text: string) => {
    const path = join(directory, name)
    writeFileSync(path, text, { mode: 0o600 })
    return { from: 'file', path } as const
  }
  store = testEtcdStore({
    endpoints: [way.endpoint],
    caFile: ca,
    certificate: { path: files.cert, keyPath: files.key },
    user: 'reader',
    password: secret('password', passwords.reader),
    tokenKey: secret('token.key', randomBytes(32).toString('hex')),
    prefix,
    role: 'serve',
  })
  key = await loadTokenKey(store.tokenKey)
  follower = new EngineFollower({
    open: () => openSession(store),
    send: (message) => told.push(message),
    onFault: (error) => assert.fail(String(error)),
    pauses: { shortestMs: 20, longestMs: 50 },
  })
})
after(async () => {
  follower.close()
  client.close()
  way.close()
  await etcd.close()
})

async function put(number: number): Promise<string> {
  const now = Date.now()
  const token = sharedToken({ number, expiresAt: now + 3_600_000 })
  const record = encodeFleetRecord({ n: number, by: 'other', at: now }, sealToken(user, token, key))
  const { revision } = await client.transact({
    compare: [],
    success: [{ put: fleetKeyOf(prefix, 'token', user), value: record }],
  })
  return revision
}

/** Resolves once the token of a grant was told. */
async function comes(number: number): Promise<void> {
  const isTold = () => told.some((each) => each.type === 'token' && each.token.number === number)
  while (!isTold()) await setTimeout(5)
}

test('what is there comes, and what is written', async () => {
  await put(1)
  follower.follow([user])
  await comes(1)
  await put(2)
  await comes(2)
})

test('what was written while nothing could be reached comes afterwards', async () => {
  way.set('refuses')
  await put(3)
  way.set('open')
  await comes(3)
})

test('so it does where the history has been compacted meanwhile', async () => {
  way.set('refuses')
  await put(4)
  await etcd.ctl('compaction', await put(5))
  way.set('open')
  await comes(5)
  assert.equal(told.filter(({ type }) => type === 'listed').length, 2)
})

test('after a restart of the engine, which ends sessions and watches', async () => {
  await etcd.restart()
  await put(6)
  await comes(6)
})

test('a record that is deleted is forgotten', async () => {
  await client.transact({
    compare: [],
    success: [{ delete: fleetKeyOf(prefix, 'token', user) }],
  })
  while (!told.some(({ type }) => type === 'forgotten')) await setTimeout(5)
})
