/** A store that hosts share gets other keys: no host is locked out, wherever it stops. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { EtcdStoreConfiguration } from '../../../../src/configuration/configuration.ts'
import { fleetKeyOf, metaKeyOf } from '../../../../src/fleet/fleet-keys.ts'
import { encodeFleetRecord, parseTokenRecord } from '../../../../src/fleet/fleet-records.ts'
import { fleetFormat, hasKeys, metaOf } from '../../../../src/fleet/meta.ts'
import { openToken, sealToken, type SharedToken } from '../../../../src/fleet/token-record.ts'
import { openEtcdStore } from '../../../../src/renewer/store/etcd-engine/open-etcd-store.ts'
import { rekeyEtcd } from '../../../../src/renewer/store/rekey/rekey-etcd.ts'
import type { Store } from '../../../../src/renewer/store/store.ts'
import { loadMasterKey, loadTokenKey } from '../../../../src/sealing/master-key.ts'
import { assertSentence, expectedError } from '../../../support/golden.ts'
import type { CallFate, EngineWay } from '../call-fate.ts'
import { MemoryEtcd } from '../etcd-engine/memory-etcd.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { testGrant } from '../test-grant.ts'

const alice = 'alice@example.com'
const bob = 'bob@example.com'
const carol = 'carol@example.com'
const users = [alice, bob]
const prefix = '/fleet/'
const endpoint = 'https://etcd.example:2379'

const token: SharedToken = {
  accessToken: 'canary-access',
  fingerprint: 'f',
  expiresAt: Date.now() + 3_600_000,
  lifetimeMs: 3_600_000,
  scopes: ['mail'],
  isDurable: true,
  number: 1,
}

/** Two sign-ins, one that is not confirmed, and a token; `rekey` gives the store its new keys. */
async function prepare(t: TestContext) {
  const directory = temporaryDirectory(t)
  const etcd = new MemoryEtcd(Date.now)
  const write = (name: string) => {
    const path = join(directory, name)
    writeFileSync(path, randomBytes(32).toString('hex'), { mode: 0o600 })
    return { from: 'file' as const, path }
  }
  const configuration = (key: object, tokenKey: object, host = 'a') =>
    ({
      kind: 'etcd',
      stateDirectory: join(directory, host),
      endpoints: [endpoint],
      prefix,
      role: 'renew',
      key,
      tokenKey,
    }) as EtcdStoreConfiguration
  const old = configuration(write('grants'), write('tokens'))
  const next = configuration(write('new-grants'), write('new-tokens'))
  const open = (store: EtcdStoreConfiguration, host = 'a', way?: EngineWay) =>
    openEtcdStore({
      store: { ...store, stateDirectory: join(directory, host) },
      onNews: () => {},
      onDurable: () => {},
      closeLimitMs: 0,
      deadlineMs: 20_000,
      host,
      client: etcd.client(way),
    })
  const rekey = (way?: EngineWay, host = 'a') => {
    const at = { stateDirectory: join(directory, host) }
    return rekeyEtcd(
      { ...old, ...at },
      { ...next, ...at },
      {
        runtimeDirectory: directory,
        deadlineMs: 20_000,
        onWaiting: () => {},
        client: etcd.client(way),
      },
    )
  }
  await fill(await open(old))
  const sealed = sealToken(alice, token, await loadTokenKey(old.tokenKey))
  etcd.overwrite(fleetKeyOf(prefix, 'token', alice), () =>
    encodeFleetRecord({ n: 1, by: 'a', at: 0 }, sealed),
  )
  return { etcd, old, next, open, rekey }
}

type Prepared = Awaited<ReturnType<typeof prepare>>

async function fill(store: Store): Promise<void> {
  for (const user of users) await store.save(testGrant({ user }))
  const room = await store.reserve(carol, { kind: 'unconfirmed', mayFallBack: false })
  await room.save(testGrant({ user: carol }))
  await store.close()
}

/** What opens with the keys of this configuration, whatever "meta" says. */
async function readableWith({ etcd, open }: Prepared, keys: EtcdStoreConfiguration) {
  const name = metaKeyOf(prefix)
  const meta = etcd.keys.get(name)
  const ids = await idsOf(keys)
  etcd.overwrite(name, () => encodeFleetRecord(metaOf(ids)))
  const store = await open(keys)
  const read = [...users.map((user) => store.read(user)), store.readUnconfirmed(carol)]
  const found = await Promise.all(read.map((one) => one.catch(() => undefined)))
  await store.close()
  if (meta === undefined) etcd.keys.delete(name)
  else etcd.keys.set(name, meta)
  const kv = etcd.keys.get(fleetKeyOf(prefix, 'token', alice))
  const record = kv && parseTokenRecord(kv.value)
  const opened = record && openToken(alice, record, await loadTokenKey(keys.tokenKey))
  const isOpen = opened !== undefined && 'token' in opened
  return [...found.flatMap((grant) => grant?.user ?? []), ...(isOpen ? ['token'] : [])]
}

async function hasKeysOf({ etcd }: Prepared, keys: EtcdStoreConfiguration) {
  return hasKeys(etcd.keys.get(metaKeyOf(prefix))?.value, await idsOf(keys))
}

async function idsOf({ key, tokenKey, stateDirectory }: EtcdStoreConfiguration) {
  assert.ok(key !== undefined)
  const grants = await loadMasterKey(key, { stateDirectory, isStoreEmpty: false })
  return { grantKeyId: grants.id, tokenKeyId: (await loadTokenKey(tokenKey)).id }
}

const all = [alice, bob, carol, 'token']

test('every record is sealed with the new keys, and hosts with the old ones are refused', async (t) => {
  const prepared = await prepare(t)
  const { old, next, open, rekey } = prepared
  assert.deepEqual(await rekey(), { sealed: 4, kept: 0, left: [] })
  assert.deepEqual(await readableWith(prepared, next), all)
  await assert.rejects(open(old), { code: 'store_unreadable' })
  await (await open(next)).close()
  assert.deepEqual(await rekey(), { sealed: 0, kept: 4, left: [] })
})

test('cut off at any call, each record opens with one key, and the next run ends it', async (t) => {
  for (const fate of ['lost', 'unavailable'] satisfies CallFate[]) {
    let isCut = true
    for (let calls = 0; isCut; calls++) {
      const prepared = await prepare(t)
      const { old, next, rekey } = prepared
      let left = calls
      isCut = await rekey(() => Promise.resolve(--left < 0 ? fate : 'done')).then(
        () => false,
        (error: { code: string }) => error.code === 'store_locked',
      )
      const [before, after] = [
        await readableWith(prepared, old),
        await readableWith(prepared, next),
      ]
      assert.deepEqual([...before, ...after].toSorted(), all.toSorted(), `${fate} at ${calls}`)
      // Whoever is let in has at least all that was there when it was let in.
      if (await hasKeysOf(prepared, next)) assert.deepEqual(after, all)
      else assert.ok(await hasKeysOf(prepared, old))
      const { sealed, kept, left: unread } = await rekey()
      assert.deepEqual([sealed + kept, unread], [4, []])
      assert.deepEqual(await readableWith(prepared, next), all)
      assert.ok(await hasKeysOf(prepared, next))
      assert.ok(calls < 60)
      assert.ok(isCut || calls > 12)
    }
  }
})

test('a record that no key opens is named and left as it is, and the store gets its keys', async (t) => {
  const prepared = await prepare(t)
  const { etcd, next, rekey } = prepared
  const name = fleetKeyOf(prefix, 'grant', alice)
  etcd.overwrite(name, (value) => value.subarray(0, -1))
  const before = etcd.keys.get(name)
  const { sealed, left } = await rekey()
  assert.equal(sealed, 3)
  assert.equal(left.length, 1)
  assertSentence(left[0], 'a record that no key opens', { alice, place: `${endpoint}${name}` })
  assert.equal(etcd.keys.get(name), before)
  assert.ok(await hasKeysOf(prepared, next))
})

for (const [what, kind, head] of [
  ['works on a sign-in', 'lock', { job: 'j', host: 'b' }],
  ['may have refreshed a sign-in', 'intent', { job: 'j', host: 'b', at: 0, n: 1 }],
] as const) {
  test(`while a host ${what} nothing is changed, and it is named`, async (t) => {
    const { etcd, rekey } = await prepare(t)
    etcd.overwrite(fleetKeyOf(prefix, kind, alice), () => encodeFleetRecord(head))
    const before = new Map(etcd.keys)
    await assert.rejects(rekey(), expectedError('store_locked', what, { alice, host: 'b' }))
    assert.deepEqual(etcd.keys, before)
  })
}

test('an intent of an earlier grant holds up nobody', async (t) => {
  const { etcd, rekey } = await prepare(t)
  const head = { job: 'j', host: 'b', at: 0, n: 0 }
  etcd.overwrite(fleetKeyOf(prefix, 'intent', alice), () => encodeFleetRecord(head))
  assert.equal((await rekey()).sealed, 4)
})

test('a host that was not stopped keeps its sign-in, and the next run ends it', async (t) => {
  const prepared = await prepare(t)
  const { old, next, open, rekey } = prepared
  const running = await open(old, 'b')
  let met: Promise<unknown> | undefined
  const way: EngineWay = async (writes) => {
    if (writes) await (met ??= running.save(testGrant({ user: alice, refreshedAt: 9_000 })))
    return 'done'
  }
  await assert.rejects(rekey(way), expectedError('store_locked', 'a host was faster', { alice }))
  assert.ok(await hasKeysOf(prepared, old))
  assert.equal((await rekey()).kept, 3)
  const store = await open(next)
  assert.equal((await store.read(alice))?.refreshedAt, 9_000)
  await store.close()
})

test('where two do it at once, one of them may be refused for the moment, and all is sealed', async (t) => {
  let isMet = true
  for (let calls = 0; isMet; calls++) {
    const prepared = await prepare(t)
    const { next, rekey } = prepared
    let left = calls
    let other: Promise<unknown> | undefined
    const way: EngineWay = async () => {
      if (left-- === 0) await (other ??= rekey())
      return 'done'
    }
    const code = await rekey(way).then(
      () => undefined,
      (error: { code: string }) => error.code,
    )
    assert.ok([undefined, 'store_locked'].includes(code), `${code} at ${calls}`)
    isMet = other !== undefined
    assert.deepEqual(await readableWith(prepared, next), all)
    assert.ok(await hasKeysOf(prepared, next))
    assert.ok(isMet || calls > 12)
  }
})

test('what a host had in escrow is written, wherever that host is sealed again', async (t) => {
  for (const host of ['a', 'b']) {
    const prepared = await prepare(t)
    const { old, next, open, rekey, etcd } = prepared
    let isAway = false
    const way: EngineWay = () => Promise.resolve(isAway ? 'unavailable' : 'done')
    const store = await open(old, host, way)
    const signal = new AbortController().signal
    const request = {
      owner: alice,
      user: alice,
      purpose: 'refresh',
      isStrict: true,
      known: { number: 1 },
      signal,
    } as const
    const claimed = await store.claim(request)
    assert.ok(claimed.kind === 'mine')
    const lineage = claimed.claim.lineage('refresh')
    assert.ok(lineage !== undefined)
    isAway = true
    await store.save({ ...testGrant({ user: alice, refreshedAt: 9_000 }), lineage })
    await store.close()
    // Its lease expires, and another host took the intent back.
    etcd.keys.delete(fleetKeyOf(prefix, 'lock', alice))
    if (host === 'b') etcd.keys.delete(fleetKeyOf(prefix, 'intent', alice))
    await rekey()
    assert.deepEqual((await rekey(undefined, host)).left, [])
    const renewed = await open(next, host)
    await renewed.replay()
    assert.equal((await renewed.read(alice))?.refreshedAt, 9_000, host)
    await renewed.close()
  }
})

test('a store of a newer format is left to newer hosts', async (t) => {
  const { etcd, old, rekey, open } = await prepare(t)
  etcd.overwrite(metaKeyOf(prefix), (value) => {
    const meta = JSON.parse(value.toString()) as object
    return encodeFleetRecord({ ...meta, format: fleetFormat + 1 })
  })
  const before = new Map(etcd.keys)
  const place = `"${prefix}" at "${endpoint}"`
  for (const act of [() => rekey(), () => open(old)]) {
    await assert.rejects(act(), expectedError('store_unreadable', 'a newer format', { place }))
  }
  assert.deepEqual(etcd.keys, before)
})

test('a prefix without a store is named', async (t) => {
  const { etcd, rekey } = await prepare(t)
  etcd.keys.clear()
  const place = `"${prefix}" at "${endpoint}"`
  await assert.rejects(rekey(), expectedError('store_unreadable', 'no store', { place }))
  assert.equal(etcd.keys.size, 0)
})
