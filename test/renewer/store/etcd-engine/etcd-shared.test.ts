import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EtcdShared } from '../../../../src/renewer/store/etcd-engine/etcd-shared.ts'
import { type SharedToken, sealToken } from '../../../../src/fleet/token-record.ts'
import { VirtualClock } from '../../fleet/fleet-world.ts'
import { MemoryEtcd } from './memory-etcd.ts'

const tokenKey = { bytes: Buffer.alloc(32, 3), id: '0123456789abcdef' }
const keys = { owner: 'alice@example.com', user: 'alice@example.com' }

function world() {
  const clock = new VirtualClock()
  const etcd = new MemoryEtcd(() => clock.bootMs())
  let delayMs = 0
  const client = etcd.client((writes) => {
    clock.advance(writes ? 0 : delayMs)
    return Promise.resolve('done')
  })
  const place = { client, prefix: '/fleet/', host: 'relay1', boot: 'b', clock, tokenKey }
  const slow = (ms: number) => {
    delayMs = ms
  }
  return { clock, etcd, slow, shared: new EtcdShared(place) }
}

test('locks of a batch have one lease, and a new one where less than 45 s are left', async () => {
  const { clock, shared } = world()
  const first = await shared.lease()
  clock.advance(15_000)
  assert.equal((await shared.lease()).id, first.id)
  clock.advance(1)
  const second = await shared.lease()
  assert.notEqual(second.id, first.id)
  assert.deepEqual([first.leftMs(), second.leftMs()], [44_999, 60_000])
})

test('a lease counts from before it was asked for', async () => {
  const { shared, slow } = world()
  slow(10_000)
  const lease = await shared.lease()
  assert.ok(lease.leftMs() <= 50_000)
})

test('a lock expires with its lease, and the intent stays', async () => {
  const { clock, shared } = world()
  const sight = await shared.look(keys)
  assert.deepEqual(sight, { grant: { number: 0, revision: undefined } })
  const { grant } = sight
  const put = { lock: { job: 'j1', lease: await shared.lease() }, intent: { job: 'j1', number: 0 } }
  const where = { grant, lock: undefined, intent: undefined }
  assert.equal(await shared.write({ ...keys, where, put }), true)
  assert.equal(await shared.write({ ...keys, where, put }), false)
  const { lock, intent } = await shared.look(keys)
  assert.deepEqual([lock?.job, lock?.host, intent?.number], ['j1', 'relay1', 0])
  clock.advance(60_000)
  const later = await shared.look(keys)
  assert.deepEqual([later.lock, later.intent?.job], [undefined, 'j1'])
})

test('what another version has written there is believed as far as it can be', async () => {
  const { etcd, shared } = world()
  const put = { lock: { job: 'j1', lease: await shared.lease() }, intent: { job: 'j1', number: 0 } }
  const where = { grant: { number: 0, revision: undefined } }
  const error = { error: 'provider_rejected', error_description: 'no', hint: '' } as const
  const failure = { number: 0, untilMs: 1, error }
  const token = { number: 3, sealed: sealToken(keys.user, tokenOf(3), tokenKey) }
  await shared.write({ ...keys, where, put: { ...put, failure, token } })
  const before = await shared.look(keys)
  assert.deepEqual([before.token?.number, before.failure?.error], [3, error])
  for (const name of etcd.keys.keys()) etcd.alter(name, () => Buffer.from('{"more":1}'))
  const sight = await shared.look(keys)
  assert.deepEqual([sight.lock?.host, sight.intent?.host], ['unknown', 'unknown'])
  assert.deepEqual([sight.failure, sight.token?.number], [undefined, 0])
})

test('a number counts where its token opens with it', async () => {
  const { etcd, shared } = world()
  const where = { grant: { number: 0, revision: undefined } }
  for (const sealed of [Buffer.from('sealed'), sealToken(keys.user, tokenOf(4), tokenKey)]) {
    await shared.write({ ...keys, where, put: { token: { number: 2 ** 53 - 1, sealed } } })
    assert.equal((await shared.look(keys)).token?.number, 0)
  }
  assert.equal(etcd.keys.size, 1)
})

test('a lock without a lease, which would never end, is none, and another takes its place', async () => {
  const { etcd, shared } = world()
  const sight = await shared.look(keys)
  const put = { lock: { job: 'j1', lease: await shared.lease() } }
  assert.equal(await shared.write({ ...keys, where: sight, put }), true)
  for (const name of etcd.keys.keys()) etcd.overwrite(name, (value) => value)
  assert.equal((await shared.look(keys)).lock, undefined)
  const where = { grant: sight.grant, lock: undefined }
  const next = { lock: { job: 'j2', lease: await shared.lease() } }
  assert.equal(await shared.write({ ...keys, where, put: next }), true)
  assert.equal((await shared.look(keys)).lock?.job, 'j2')
  assert.equal(await shared.write({ ...keys, where, put }), false)
})

function tokenOf(number: number): SharedToken {
  return {
    accessToken: 'canary-access-token',
    fingerprint: '',
    expiresAt: 5_000,
    lifetimeMs: 4_000,
    scopes: [],
    isDurable: true,
    number,
  }
}
