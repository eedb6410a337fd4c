import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { EtcdStoreConfiguration } from '../../../../src/configuration/configuration.ts'
import type { FreshToken } from '../../../../src/messages/renewer-jobs.ts'
import type { FleetNews } from '../../../../src/messages/renewer-messages.ts'
import { JobRunner } from '../../../../src/renewer/jobs/jobs.ts'
import { openEtcdStore } from '../../../../src/renewer/store/etcd-engine/open-etcd-store.ts'
import { type EtcdNode, startEtcdNode } from '../../../support/etcd/etcd-node.ts'
import { openFaultyWay } from '../../../support/etcd/faulty-way.ts'
import { passwords, prefix } from '../../../support/etcd/users.ts'
import { assertError } from '../../../support/golden.ts'
import { account, user } from '../../fleet/fleet-world.ts'
import { StrictProvider } from '../../fleet/strict-provider.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { testGrant } from '../test-grant.ts'

let node: EtcdNode
let count = 0

before(async () => {
  node = await startEtcdNode()
})
after(() => node.close())

/** A place of its own in the engine, and hosts of it. */
function place(t: TestContext) {
  count += 1
  const directory = temporaryDirectory(t)
  const realm = `${prefix}${count}/`
  const write = (name: string, text: string) => {
    const path = join(directory, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  const newKey = (name: string) => write(name, randomBytes(32).toString('hex'))
  const keys = { grants: newKey('grants'), tokens: newKey('tokens') }
  const { ca, client } = node.certificates
  const store = (host: string, changes: Partial<EtcdStoreConfiguration> = {}) => ({
    kind: 'etcd' as const,
    stateDirectory: join(directory, host),
    endpoints: node.endpoints,
    caFile: ca,
    certificate: { path: client.cert, keyPath: client.key },
    user: 'relay',
    password: { from: 'file' as const, path: write('password', passwords.relay) },
    prefix: realm,
    role: 'renew' as const,
    key: { from: 'file' as const, path: keys.grants },
    tokenKey: { from: 'file' as const, path: keys.tokens },
    ...changes,
  })
  const news: FleetNews[] = []
  const durable: string[] = []
  const open = async (host: string, changes: Partial<EtcdStoreConfiguration> = {}) => {
    const opened = await openEtcdStore({
      store: store(host, changes),
      onNews: (one) => news.push(one),
      onDurable: (one) => durable.push(one),
      closeLimitMs: 0,
      deadlineMs: 20_000,
      host,
    })
    t.after(() => opened.close())
    return opened
  }
  return { open, newKey, directory, realm, news, durable }
}

/** A renewer with this store, and what it serves. */
function renewer(store: () => ReturnType<typeof openEtcdStore>, provider: StrictProvider) {
  const runner = new JobRunner({
    openStore: store,
    isShared: true,
    findProvider: () => Promise.resolve(provider.reachedBy(() => Promise.resolve('done'), 'host')),
    now: Date.now,
  })
  const refresh = async ({ number = 0, signedInAt = 0 }: Partial<FreshToken> = {}) =>
    (await runner.run('refresh', {
      account,
      hasToken: true,
      ...(number === 0 ? {} : { known: { number, signedInAt } }),
    })) as FreshToken
  return { runner, refresh }
}

function startedProvider(): StrictProvider {
  const provider = new StrictProvider(Date.now, 3_600_000)
  provider.current = '0.0'
  return provider
}

function kvsOf(json: string): unknown {
  return (JSON.parse(json) as { kvs: unknown }).kvs
}

function keysIn(realm: string): Promise<string> {
  return node.ctl('get', '--prefix', realm, '--keys-only')
}

test('hosts that begin a store together have one, and what one saves another reads', async (t) => {
  const { open, realm } = place(t)
  const [one, other] = await Promise.all([open('a'), open('b')])
  await one.save(testGrant({ user }))
  assert.equal((await other.read(user))?.renewal.refreshToken.reveal(), 'canary-refresh-token')
  assert.equal((await other.overview.list([user])).length, 1)
  const found = (await keysIn(realm)).split('\n').filter((line) => line !== '')
  assert.deepEqual(
    found.map((name) => name.slice(realm.length).split('/')[0]),
    ['grant', 'meta'],
  )
  const value = await node.ctl('get', '--prefix', realm, '--print-value-only')
  assert.ok(!value.includes('canary'))
})

test('a wrong key is named, and nothing is written', async (t) => {
  const { open, newKey, realm } = place(t)
  await (await open('a')).save(testGrant({ user }))
  const before = await node.ctl('get', '--prefix', realm, '-w', 'json')
  for (const [what, changes] of [
    ['another key of grants', { key: { from: 'file', path: newKey('other') } }],
    ['another key of tokens', { tokenKey: { from: 'file', path: newKey('another') } }],
  ] as const) {
    await assert.rejects(open('b', changes), (error) => {
      const names = { place: `"${realm}" at "${node.endpoints[0]}"` }
      assertError(error, 'store_unreadable', what, names)
      return true
    })
  }
  const now = await node.ctl('get', '--prefix', realm, '-w', 'json')
  assert.deepEqual(kvsOf(now), kvsOf(before))
})

/** Host a has signed in there. */
async function withoutMeta(t: TestContext) {
  const world = place(t)
  const first = renewer(() => world.open('a'), startedProvider())
  await first.runner.run('import', { account, refreshToken: '0.0' })
  const meta = await node.ctl('get', `${world.realm}meta`, '--print-value-only')
  await node.ctl('del', `${world.realm}meta`)
  const whole = async () => kvsOf(await node.ctl('get', '--prefix', world.realm, '-w', 'json'))
  return { ...world, meta, whole }
}

describe('a store whose record "meta" is gone', () => {
  test('has it again by a host that has its keys', async (t) => {
    const { open, realm, meta } = await withoutMeta(t)
    assert.ok(await (await open('b')).read(user))
    assert.equal(await node.ctl('get', `${realm}meta`, '--print-value-only'), meta)
  })

  for (const [what, changesOf] of [
    ['another key of grants', (path) => ({ key: { from: 'file', path } })],
    ['another key of tokens', (path) => ({ tokenKey: { from: 'file', path } })],
  ] as [string, (path: string) => Partial<EtcdStoreConfiguration>][]) {
    test(`is nothing for a host with ${what}`, async (t) => {
      const { open, newKey, whole } = await withoutMeta(t)
      const before = await whole()
      await assert.rejects(open('b', changesOf(newKey('other'))), (error) => {
        assertError(error, 'store_unreadable', 'records without their meta')
        return true
      })
      assert.deepEqual(await whole(), before)
    })
  }

  test('has no host make a key', async (t) => {
    const { open, directory, whole } = await withoutMeta(t)
    const [before, path] = [await whole(), join(directory, 'missing')]
    await assert.rejects(open('b', { key: { from: 'file', path } }), (error) => {
      assertError(error, 'store_unreadable', 'a key file that is missing', { path })
      return true
    })
    assert.deepEqual([await whole(), existsSync(path)], [before, false])
  })
})

test('a host that only serves opens no store of grants', async (t) => {
  const { open, realm } = place(t)
  await assert.rejects(open('a', { role: 'serve' }), (error) => {
    assertError(error, 'store_unreadable', 'a host that only serves')
    return true
  })
  assert.equal(await keysIn(realm), '')
})

test('a store is not begun in the cluster of an endpoint that is wrong, though that answers first', async (t) => {
  const { certificates } = node
  const other = await startEtcdNode({ certificates })
  t.after(() => other.close())
  const { open, realm } = place(t)
  await assert.rejects(open('a', { endpoints: [other.endpoint, node.endpoint] }), (error) => {
    const names = { wrong: other.endpoint, right: node.endpoint }
    assertError(error, 'store_unreadable', 'a store that is not there yet, and two clusters', names)
    return true
  })
  assert.equal(await other.ctl('get', '--prefix', '--keys-only', realm), '')
  assert.equal(await keysIn(realm), '')
  await open('a')
  assert.notEqual(await keysIn(realm), '')
})

test('hosts over the network refresh once, and the other has what came', async (t) => {
  const { open } = place(t)
  const provider = new StrictProvider(Date.now, 3_600_000)
  provider.current = '0.0'
  const [a, b] = ['a', 'b'].map((host) => renewer(() => open(host), provider))
  assert.ok(a !== undefined && b !== undefined)
  const first = await a.runner.run('import', { account, refreshToken: '0.0' })
  assert.equal(first.number, 1)
  const results = await Promise.all([a.refresh(first), b.refresh(first)])
  const numbers = results.map((result) => ('later' in result ? 'later' : result.number))
  assert.ok(numbers.includes(2), numbers.join())
  const tokens = [await a.refresh(first), await b.refresh(first)]
  assert.equal(new Set(tokens.map(({ accessToken }) => accessToken)).size, 1)
  assert.deepEqual([provider.refreshes, provider.reuses], [2, 0])
})

for (const fault of ['refuses', 'mute'] as const) {
  test(`without the engine (${fault}) jobs end in time, name it, and have no effect later`, async (t) => {
    const { open, realm } = place(t)
    const way = await openFaultyWay(node.port)
    t.after(() => way.close())
    const provider = new StrictProvider(Date.now, 3_600_000)
    provider.current = '0.0'
    const { runner, refresh } = renewer(() => open('a', { endpoints: [way.endpoint] }), provider)
    const first = await runner.run('import', { account, refreshToken: '0.0' })
    const before = await keysIn(realm)
    way.set(fault)
    const beganAt = performance.now()
    const named = { code: 'store_locked', message: new RegExp(way.endpoint) }
    await Promise.all([
      assert.rejects(refresh(first), named),
      assert.rejects(runner.run('forget', { user, revoke: false }), named),
      assert.rejects(runner.run('import', { account, refreshToken: 'x' }), named),
    ])
    assert.ok(performance.now() - beganAt < 28_000)
    way.set('open')
    const next = await refresh(first)
    assert.equal(next.number, 2)
    assert.equal(await keysIn(realm), before)
    assert.deepEqual([provider.refreshes, provider.reuses], [2, 0])
  })
}

/** Host a has refreshed, and put aside what came, since the engine was gone by then. */
async function escrowed(t: TestContext) {
  const { open, news, ...rest } = place(t)
  const way = await openFaultyWay(node.port)
  t.after(() => way.close())
  const provider = new StrictProvider(Date.now, 3_600_000)
  provider.current = '0.0'
  const a = renewer(() => open('a', { endpoints: [way.endpoint] }), provider)
  const b = renewer(() => open('b'), provider)
  const first = await a.runner.run('import', { account, refreshToken: '0.0' })
  const cut = provider.reachedBy.bind(provider)
  provider.reachedBy = (_way, host) =>
    cut(() => {
      if (provider.refreshes === 2) way.set('refuses')
      return Promise.resolve('done')
    }, host)
  const refreshed = await a.refresh(first)
  assert.deepEqual([refreshed.isDurable, refreshed.number], [false, 2])
  assert.ok(news.some(({ event }) => event === 'escrowed'))
  const isCommitted = () => news.some(({ event, number }) => event === 'committed' && number === 2)
  return { ...rest, open, provider, way, b, first, refreshed, isCommitted }
}

async function until(isSo: () => boolean): Promise<void> {
  for (let left = 200; left > 0 && !isSo(); left--) await delay(50)
}

test('an answer in hand is written as soon as the engine is back, and shared', async (t) => {
  const { durable, provider, way, b, first, refreshed, isCommitted } = await escrowed(t)
  way.set('open')
  await until(() => durable.length > 0)
  assert.deepEqual(durable, [user])
  await until(isCommitted)
  assert.equal((await b.refresh(first)).accessToken, refreshed.accessToken)
  assert.deepEqual([provider.refreshes, provider.reuses], [2, 0])
})

test('what a dead process has put aside is written by the next one, which ends its claim', async (t) => {
  const { open, directory, realm, provider, b, first, isCommitted } = await escrowed(t)
  const parts = async () => (await keysIn(realm)).split('\n').map((name) => name.split('/').at(-2))
  assert.ok((await parts()).includes('lock'))
  const escrow = join(directory, 'a', 'escrow')
  writeFileSync(join(escrow, `.${'f'.repeat(16)}-${'0'.repeat(16)}.tmp`), 'half')
  await open('a')
  await until(isCommitted)
  assert.ok(isCommitted())
  for (const part of ['lock', 'intent']) assert.ok(!(await parts()).includes(part), part)
  assert.deepEqual(readdirSync(escrow), [])
  assert.equal((await b.refresh(first)).number, 3)
  assert.deepEqual([provider.refreshes, provider.reuses], [3, 0])
})
