import { after, before, type TestContext } from 'node:test'
import { EtcdClient } from '../../../../src/etcd/etcd-client.ts'
import { fleetKeyOf } from '../../../../src/fleet/fleet-keys.ts'
import type { EtcdCalls } from '../../../../src/renewer/store/etcd-engine/etcd-shared.ts'
import { EtcdEngine } from '../../../../src/renewer/store/etcd-engine/etcd-engine.ts'
import { createSystemClock } from '../../../../src/schedule/clock.ts'
import { type EtcdNode, startEtcdNode } from '../../../support/etcd/etcd-node.ts'
import { passwords, prefix } from '../../../support/etcd/users.ts'
import { type EngineWorld, testEngine } from '../engine-contract.ts'
import { MemoryEtcd } from './memory-etcd.ts'

const clock = createSystemClock()
let node: EtcdNode
let count = 0

before(async () => {
  node = await startEtcdNode()
})
after(() => node.close())

/** A client that can be told to refuse all writes. */
function refusing(client: EtcdCalls, isRefused: () => boolean): EtcdCalls {
  const nobody = new MemoryEtcd(() => 0).client(() => Promise.resolve('unavailable'))
  return {
    endpoint: client.endpoint,
    clockAheadMs: client.clockAheadMs,
    getAll: (...words) => client.getAll(...words),
    list: (...words) => client.list(...words),
    grantLease: (...words) => client.grantLease(...words),
    transact: (...words) => (isRefused() ? nobody : client).transact(...words),
    findFaultyNodes: () => client.findFaultyNodes(),
    close: () => client.close(),
  }
}

function worldOf(connect: () => EtcdCalls, place: string): EngineWorld {
  let isRefused = false
  return {
    open: () => {
      const client = refusing(connect(), () => isRefused)
      const tokenKey = { bytes: Buffer.alloc(32, 3), id: '0123456789abcdef' }
      return new EtcdEngine({ client, prefix: place, host: 'relay1', boot: 'b', clock, tokenKey })
    },
    refuseWrites: (refused) => {
      isRefused = refused
    },
    tear: async ({ user, kind }) => {
      const client = connect()
      const key = fleetKeyOf(place, kind, user)
      const { kvs } = await client.getAll([key])
      const value = kvs[0]?.value ?? Buffer.of()
      const success = [{ put: key, value: value.subarray(0, value.length / 2) }]
      await client.transact({ compare: [], success })
    },
    // What a host begins to write is a transaction, which is done or not.
    dieWriting: () => Promise.resolve(),
    leftovers: () => [],
  }
}

testEngine('etcd in memory', 'shared', () => {
  const etcd = new MemoryEtcd(() => clock.bootMs())
  return worldOf(() => etcd.client(), '/fleet/')
})

testEngine('etcd', 'shared', (t: TestContext) => {
  const { endpoints, tls } = node
  const client = new EtcdClient({
    endpoints,
    tls,
    credentials: { user: 'relay', password: () => Promise.resolve(passwords.relay) },
    bootMs: () => clock.bootMs(),
  })
  t.after(() => client.close())
  count += 1
  return worldOf(() => client, `${prefix}${count}/`)
})
