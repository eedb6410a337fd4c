/** A store in files gets another key: whole records, wherever it stops. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, rmSync, truncateSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { lockFile } from '../../../../src/kernel/file-lock.ts'
import { rekeyFiles } from '../../../../src/renewer/store/rekey/rekey-files.ts'
import { interceptedFileSystem, systemError } from '../../../files/faulty-file-system.ts'
import { expectedError } from '../../../support/golden.ts'
import { filled, locks, type Place, recordOf, snapshot } from '../place.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { testGrant } from '../test-grant.ts'

const rekeyKilled = new URL('rekey-killed.ts', import.meta.url)
const alice = 'alice@example.com'
const bob = 'bob@example.com'
const carol = 'carol@example.com'

/** Two sign-ins, and one that is not confirmed; `rekey` gives the store the key in `newKey`. */
async function prepare(t: TestContext) {
  const at = await filled(t, alice, bob)
  const store = await at.open()
  const room = await store.reserve(carol, { kind: 'unconfirmed', mayFallBack: false })
  await room.save(testGrant({ user: carol }))
  await store.close()
  const newKey = join(dirname(at.keyFile), 'new.key')
  const runtimeDirectory = join(temporaryDirectory(t), 'run')
  const configuration = (path: string) => ({
    kind: 'files' as const,
    stateDirectory: at.stateDirectory,
    key: { from: 'file' as const, path },
  })
  const rekey = (more: object = {}) =>
    rekeyFiles(configuration(at.keyFile), configuration(newKey), {
      runtimeDirectory,
      deadlineMs: 1_000,
      onWaiting: () => {},
      ...more,
    })
  return { at, newKey, runtimeDirectory, rekey }
}

/** Whose records open with the key in this file. */
async function readableWith(at: Place, path: string): Promise<string[]> {
  const store = await at.open({ key: { from: 'file', path } })
  const kept = await Promise.all(
    [alice, bob].map((user) => store.read(user).catch(() => undefined)),
  )
  const unconfirmed = await store.readUnconfirmed(carol).catch(() => undefined)
  await store.close()
  return [...kept, unconfirmed].flatMap((grant) => grant?.user ?? [])
}

test('every record is sealed with the new key, which is made where there is none', async (t) => {
  const { at, newKey, rekey } = await prepare(t)
  assert.deepEqual(await rekey(), { sealed: 3, kept: 0, left: [] })
  assert.deepEqual(await readableWith(at, newKey), [alice, bob, carol])
  await assert.rejects(at.open(), { code: 'store_unreadable' })
  assert.deepEqual(await rekey(), { sealed: 0, kept: 3, left: [] })
})

test('what waits aside for the disk is sealed again too, and is still the newest', async (t) => {
  const { at, newKey, runtimeDirectory, rekey } = await prepare(t)
  const fileSystem = interceptedFileSystem((call) => {
    if (call === 'openSync') throw systemError('ENOSPC', 28)
  })
  const full = await at.open({ fileSystem, runtimeDirectory })
  await full.save(testGrant({ user: bob, refreshedAt: 9_000 }))
  await full.close()
  assert.deepEqual(await rekey(), { sealed: 4, kept: 0, left: [] })
  const store = await at.open({ key: { from: 'file', path: newKey }, runtimeDirectory })
  assert.equal((await store.read(bob))?.refreshedAt, 9_000)
})

test('a record that neither key opens is named and left as it is', async (t) => {
  const { at, newKey, rekey } = await prepare(t)
  const path = recordOf(at, alice)
  const copy = join(at.stateDirectory, `${'0'.repeat(64)}.grant`)
  copyFileSync(path, copy)
  truncateSync(path, 45)
  const before = snapshot(at.stateDirectory)
  const { sealed, left } = await rekey()
  assert.equal(sealed, 2)
  assert.equal(left.length, 2)
  assert.ok(left.some((line) => line.includes(copy) && line.includes('another account')))
  assert.ok(left.some((line) => line.includes(path) && line.includes('truncated')))
  const after = snapshot(at.stateDirectory)
  for (const one of [path, copy]) assert.equal(after.get(one), before.get(one))
  assert.deepEqual(await readableWith(at, newKey), [bob, carol])
})

test('the same key twice changes nothing', async (t) => {
  const { at, newKey, rekey } = await prepare(t)
  copyFileSync(at.keyFile, newKey)
  const before = snapshot(at.stateDirectory)
  await assert.rejects(rekey(), expectedError('config_invalid', 'the same key twice'))
  const after = snapshot(at.stateDirectory)
  for (const [path, bytes] of before) assert.equal(after.get(path), bytes)
})

test('a renewer that outlives its daemon is not overtaken', async (t) => {
  const { at, rekey } = await prepare(t)
  const lock = lockFile(join(at.stateDirectory, locks.renewer))
  assert.ok(lock !== undefined)
  const names = { state: at.stateDirectory }
  await assert.rejects(rekey(), expectedError('store_locked', 'a renewer still works', names))
  lock.close()
  assert.equal((await rekey()).sealed, 3)
})

test('no key is made in place of one that records are sealed with and that is gone', async (t) => {
  const { at, newKey, rekey } = await prepare(t)
  await rekey({ fileSystem: failingAt(12) }).catch(() => {})
  rmSync(newKey)
  await assert.rejects(rekey(), { code: 'store_unreadable', message: /new\.key" is missing/ })
  assert.ok(!existsSync(newKey))
  assert.ok((await readableWith(at, at.keyFile)).length > 0)
})

test('a disk that refuses stops it, and the next run goes on', async (t) => {
  const { at, newKey, rekey } = await prepare(t)
  await assert.rejects(rekey({ fileSystem: failingAt(12) }), { code: 'store_unreadable' })
  const { sealed, kept } = await rekey()
  assert.deepEqual([sealed + kept, kept > 0], [3, true])
  assert.deepEqual(await readableWith(at, newKey), [alice, bob, carol])
})

/** A disk that fails after so many calls. */
function failingAt(calls: number) {
  let left = calls
  return interceptedFileSystem(() => {
    left -= 1
    if (left < 0) throw systemError('EIO', 5)
  })
}

test('killed at any call, each record opens with one of the keys, and the next run ends it', async (t) => {
  for (let calls = 0, isKilled = true; isKilled; calls++) {
    const { at, newKey, runtimeDirectory, rekey } = await prepare(t)
    isKilled = await killedAfter(calls, { at, newKey, runtimeDirectory })
    const old = await readableWith(at, at.keyFile).catch(() => [])
    const renewed = existsSync(newKey) ? await readableWith(at, newKey).catch(() => []) : []
    assert.deepEqual([...old, ...renewed].toSorted(), [alice, bob, carol], `after ${calls} calls`)
    const { sealed, kept, left } = await rekey()
    assert.deepEqual([sealed + kept, left], [3, []])
    assert.deepEqual(await readableWith(at, newKey), [alice, bob, carol])
    assert.ok(calls < 60)
    assert.ok(isKilled || calls > 12, 'it was killed at each step')
  }
})

interface Stage {
  at: Place
  newKey: string
  runtimeDirectory: string
}

/** False where it ended before. */
async function killedAfter(calls: number, { at, newKey, runtimeDirectory }: Stage) {
  const child: ChildProcess = fork(rekeyKilled, {
    execArgv: ['--import', 'tsx'],
    env: {
      ...process.env,
      STATE: at.stateDirectory,
      OLD: at.keyFile,
      NEW: newKey,
      RUNTIME: runtimeDirectory,
    },
  })
  await once(child, 'message')
  child.send(calls)
  const [status, signal] = (await once(child, 'exit')) as [number | null, string | null]
  assert.ok(status === 0 || signal === 'SIGKILL', `${status} ${signal}`)
  return signal === 'SIGKILL'
}
