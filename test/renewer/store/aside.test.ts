/** What the disk refuses all the same lies sealed in the runtime directory until the disk takes it. */
import assert from 'node:assert/strict'
import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { UnsavedGrant } from '../../../src/messages/renewer-messages.ts'
import { interceptedFileSystem, systemError } from '../../files/faulty-file-system.ts'
import { filled, type Place } from './place.ts'
import { temporaryDirectory } from './temporary-directory.ts'
import { testGrant } from './test-grant.ts'

const user = 'user@example.com'
const lenient = { kind: 'grant', mayFallBack: true } as const

const errnos = { ENOSPC: 28, EDQUOT: 122, EIO: 5, EROFS: 30, EACCES: 13, ENOENT: 2, EPERM: 1 }

/** A store whose disk refuses new files while it is told to, and a runtime directory beside it. */
async function prepare(t: TestContext, code: keyof typeof errnos = 'ENOSPC') {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const at = await filled(t, user)
  const runtimeDirectory = join(temporaryDirectory(t), 'run')
  const disk = { refuses: false }
  const fileSystem = interceptedFileSystem((call) => {
    if (disk.refuses && call === 'openSync') throw systemError(code, errnos[code])
  })
  const durable: string[] = []
  const unsaved: UnsavedGrant[][] = []
  const open = (more: object = {}) =>
    at.open({
      runtimeDirectory,
      fileSystem,
      onDurable: (saved: string) => durable.push(saved),
      onUnsaved: (grants: UnsavedGrant[]) => unsaved.push(grants),
      ...more,
    })
  const retry = async () => {
    t.mock.timers.tick(5_000)
    await new Promise(setImmediate)
  }
  return { at, runtimeDirectory, disk, open, durable, unsaved, retry }
}

function recordsBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.grant') || name.endsWith('.unconfirmed'))
    .map((name) => join(directory, name))
}

/** What another process finds that was not told of the runtime directory. */
async function keptAt(at: Place): Promise<number | undefined> {
  const store = await at.open()
  const kept = (await store.read(user))?.refreshedAt
  await store.close()
  return kept
}

for (const code of Object.keys(errnos) as (keyof typeof errnos)[]) {
  test(`${code}: the grant lies aside, sealed, until the disk takes it`, async (t) => {
    const { at, runtimeDirectory, disk, open, durable, unsaved, retry } = await prepare(t, code)
    const store = await open()
    disk.refuses = true
    const saved = await store.save(testGrant({ refreshedAt: 3_000 }))
    assert.deepEqual(saved, { isDurable: false })
    assert.deepEqual(unsaved, [[{ user, isAside: true }]])
    const [path = assert.fail(), ...more] = recordsBelow(runtimeDirectory)
    assert.deepEqual(more, [])
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700)
    assert.ok(!readFileSync(path, 'latin1').includes('canary'))
    await retry()
    assert.deepEqual(durable, [])
    disk.refuses = false
    await retry()
    assert.deepEqual([durable, unsaved.at(-1)], [[user], []])
    assert.deepEqual(recordsBelow(runtimeDirectory), [])
    await store.close()
    assert.equal(await keptAt(at), 3_000)
  })
}

test('a start takes the newest of both places, and moves it as soon as the disk takes it', async (t) => {
  const { at, runtimeDirectory, disk, open, unsaved, durable, retry } = await prepare(t)
  const dead = await open()
  disk.refuses = true
  await dead.save(testGrant({ refreshedAt: 3_000 }))
  await dead.close()
  const next = await open()
  assert.equal((await next.overview.list([user]))[0]?.refreshedAt, 3_000)
  assert.equal((await next.read(user))?.refreshedAt, 3_000)
  // It is held, so that nobody releases the only process that would save it.
  assert.deepEqual(unsaved.at(-1), [{ user, isAside: true }])
  disk.refuses = false
  await retry()
  assert.deepEqual(durable, [user])
  assert.deepEqual(recordsBelow(runtimeDirectory), [])
  await next.close()
  assert.equal(await keptAt(at), 3_000)
})

test('what lies aside and is older than the record is removed, not taken', async (t) => {
  const { runtimeDirectory, disk, open } = await prepare(t)
  const dead = await open()
  disk.refuses = true
  await dead.save(testGrant({ refreshedAt: 3_000 }))
  await dead.close()
  const [path = assert.fail()] = recordsBelow(runtimeDirectory)
  renameSync(path, `${path}.kept`)
  disk.refuses = false
  const newer = await open()
  await newer.save(testGrant({ refreshedAt: 4_000 }))
  await newer.close()
  renameSync(`${path}.kept`, path)
  const next = await open()
  assert.equal((await next.read(user))?.refreshedAt, 4_000)
  assert.deepEqual(recordsBelow(runtimeDirectory), [])
})

test('a grant that lies aside is forgotten with the account', async (t) => {
  const { runtimeDirectory, disk, open } = await prepare(t)
  const store = await open()
  disk.refuses = true
  await store.save(testGrant({ refreshedAt: 3_000 }))
  disk.refuses = false
  assert.equal(await store.remove(user), true)
  assert.deepEqual(recordsBelow(runtimeDirectory), [])
  assert.equal(await store.read(user), undefined)
})

test('room that the disk does not have is made aside, and used', async (t) => {
  const { runtimeDirectory, disk, open } = await prepare(t)
  const store = await open()
  disk.refuses = true
  const reservation = await store.reserve(user, lenient)
  const names = readdirSync(runtimeDirectory, { recursive: true, encoding: 'utf8' })
  assert.equal(names.filter((name) => name.endsWith('.tmp')).length, 1)
  const saved = await reservation.save(testGrant({ refreshedAt: 3_000 }))
  assert.deepEqual(saved, { isDurable: false })
  assert.equal(recordsBelow(runtimeDirectory).length, 1)
  const unused = await store.reserve(user, lenient)
  unused.release()
  const left = readdirSync(runtimeDirectory, { recursive: true, encoding: 'utf8' })
  assert.ok(!left.some((name) => name.endsWith('.tmp')))
})

test('a runtime directory that others may write, or that is none, leaves the grant in memory', async (t) => {
  for (const more of [{ runtimeDirectory: '/proc/self/nowhere' }, {}]) {
    await t.test(JSON.stringify(more), async (t) => {
      const { runtimeDirectory, disk, open, unsaved } = await prepare(t)
      if (!('runtimeDirectory' in more)) {
        rmSync(runtimeDirectory, { recursive: true, force: true })
        chmodSync(join(runtimeDirectory, '..'), 0o777)
      }
      const store = await open(more)
      disk.refuses = true
      await store.save(testGrant({ refreshedAt: 3_000 }))
      assert.equal((await store.read(user))?.refreshedAt, 3_000)
      assert.deepEqual(unsaved.at(-1), [{ user, isAside: false }])
    })
  }
})

test('closing goes on trying for its time', async (t) => {
  const { at, disk, open } = await prepare(t)
  const store = await open({ closeLimitMs: 60_000 })
  disk.refuses = true
  await store.save(testGrant({ refreshedAt: 3_000 }))
  const closed = store.close()
  await new Promise(setImmediate)
  disk.refuses = false
  await closed
  assert.equal(await keptAt(at), 3_000)
})

test('a state directory that somebody removed is made again', async (t) => {
  const { at, open, retry } = await prepare(t)
  const store = await open()
  await store.read(user)
  rmSync(at.stateDirectory, { recursive: true })
  const saved = await store.save(testGrant({ refreshedAt: 3_000 }))
  if (!saved.isDurable) await retry()
  await store.close()
  assert.equal(await keptAt(at), 3_000)
})

test('closing leaves to a successor what lies aside, and nothing that is only in memory', async (t) => {
  const { disk, open } = await prepare(t)
  const store = await open({ closeLimitMs: 60_000, isSuccessorDue: () => true })
  disk.refuses = true
  await store.save(testGrant({ refreshedAt: 3_000 }))
  await store.close()
  const without = await open({
    closeLimitMs: 60_000,
    isSuccessorDue: () => true,
    runtimeDirectory: '/proc/self/nowhere',
  })
  await without.save(testGrant({ refreshedAt: 4_000 }))
  let isClosed = false
  const closed = without.close().then(() => {
    isClosed = true
  })
  await new Promise(setImmediate)
  assert.equal(isClosed, false)
  disk.refuses = false
  await closed
})
