/** A user without one of the rights that a host needs: the error names it, and its command ends the trouble. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { EtcdClient } from '../../src/etcd/etcd-client.ts'
import { isAbsent } from '../../src/etcd/transaction.ts'
import { engineRightOf } from '../../src/fleet/engine-right.ts'
import { createClient } from '../support/etcd/clients.ts'
import { type EtcdNode, startEtcdNode } from '../support/etcd/etcd-node.ts'
import { recordWatch } from '../support/etcd/record-watch.ts'
import { prefix } from '../support/etcd/users.ts'
import { assertAdvice } from '../support/golden.ts'
import { failureOf } from './failure-of.ts'

let node: EtcdNode
before(async () => {
  node = await startEtcdNode()
})
after(() => node.close())

const hash = 'ab'.repeat(32)
const lock = `${prefix}lock/${hash}`
const intent = `${prefix}intent/${hash}`
const value = Buffer.from('x')

/** What hosts ask, by the part of it that needs the right. */
const requests: Record<string, [key: string, ask: (client: EtcdClient) => Promise<unknown>]> = {
  'a key that is read': [`${prefix}meta`, (client) => client.get(`${prefix}meta`)],
  'keys that are read together': [lock, (client) => client.getAll([`${prefix}meta`, lock])],
  'a list': [`${prefix}grant/`, (client) => client.list(`${prefix}grant/`, () => {})],
  'a condition': [
    intent,
    (client) =>
      client.transact({ compare: [isAbsent(intent)], success: [{ get: `${prefix}meta` }] }),
  ],
  'a key that is written': [
    lock,
    (client) => client.transact({ compare: [], success: [{ put: lock, value }] }),
  ],
  'a key that is deleted': [
    lock,
    (client) => client.transact({ compare: [], success: [{ delete: lock }] }),
  ],
  'a key that is written where a condition fails': [
    lock,
    (client) => client.transact({ compare: [], success: [], failure: [{ put: lock, value }] }),
  ],
  'a watch': [
    `${prefix}token/`,
    async (client) => {
      const recorded = recordWatch(client, `${prefix}token/`, '1')
      void recorded.created.then(() => recorded.watch.close())
      const end = await recorded.ended
      if (end.kind === 'failed') throw end.error
    },
  ],
}

let count = 0

/** A user who has all rights of a host but these. */
async function userWithout(key: string, role: 'renew' | 'serve', allows: 'read' | 'nothing') {
  const user = `relay-${++count}`
  const folders = ['grant', 'token', 'lock', 'intent'].map((kind) => `${prefix}${kind}/`)
  await node.ctl('user', 'add', `${user}:password`)
  await node.ctl('role', 'add', `role-${count}`)
  for (const range of [`${prefix}meta`, ...folders]) {
    const isLacking = key === range || (range.endsWith('/') && key.startsWith(range))
    const right = role === 'serve' || isLacking ? 'read' : 'readwrite'
    if (isLacking && allows === 'nothing') continue
    const flags = range.endsWith('/') ? ['--prefix=true'] : []
    await node.ctl('role', 'grant-permission', ...flags, `role-${count}`, right, range)
  }
  await node.ctl('user', 'grant-role', user, `role-${count}`)
  return clientOf(user, role)
}

function clientOf(user: string, role: 'renew' | 'serve'): EtcdClient {
  return createClient(node, {
    user: user as 'relay',
    password: 'password',
    rightOf: (name) => engineRightOf({ prefix, role }, name),
  })
}

/** Does what a hint says. */
async function follow(hint: string): Promise<void> {
  const [, command = ''] = /run "etcdctl ([^"]*)"/.exec(hint) ?? []
  await node.ctl(...command.split(' '))
}

for (const [name, [key, ask]] of Object.entries(requests)) {
  const isWrite = /written|deleted/.test(name)
  for (const role of isWrite ? (['renew'] as const) : (['renew', 'serve'] as const)) {
    test(`${name} by a user of role ${role} without the right to it`, async (t) => {
      const client = await userWithout(key, role, isWrite ? 'read' : 'nothing')
      t.after(() => client.close())
      const before = await node.ctl('get', '--prefix', prefix)
      const error = await failureOf(ask(client))
      assert.equal(error.trouble, 'permission')
      assertAdvice(
        {
          message: error.message.replace(/relay-\d+/, 'relay'),
          hint: error.hint.replace(/role-\d+/, 'role'),
        },
        `no right: ${name}, ${role}`,
        { endpoint: node.endpoint },
      )
      assert.equal(await node.ctl('get', '--prefix', prefix), before)
      await follow(error.hint)
      await ask(client)
    })
  }
}

test('a user without a role is told from one whose role lacks a right', async (t) => {
  await node.ctl('user', 'add', 'nobody:password')
  const client = clientOf('nobody', 'renew')
  t.after(() => client.close())
  const error = await failureOf(client.get(lock))
  assertAdvice(error, 'no right: no role', { endpoint: node.endpoint })
  await follow(error.hint.replace('ROLE', 'renew'))
  await client.get(lock)
})

test('names that a shell would not take as they are stand for themselves', async (t) => {
  await node.ctl('user', 'add', 'a b:password')
  await node.ctl('role', 'add', 'c;d')
  const client = clientOf('a b', 'renew')
  t.after(() => client.close())
  const without = await failureOf(client.get(lock))
  assertAdvice(without, 'no right: an odd name of a user', { endpoint: node.endpoint })
  await node.ctl('user', 'grant-role', 'a b', 'c;d')
  const lacking = await failureOf(client.get(lock))
  assertAdvice(lacking, 'no right: an odd name of a role', { endpoint: node.endpoint })
})
