import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Holder, HostLock } from '../../../../src/renewer/store/file-engine/host-lock.ts'
import { expectedError } from '../../../support/golden.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

const here: Holder = { host: 'here', bootId: 'boot-1', pid: 11 }
const there: Holder = { host: 'there', bootId: 'boot-9', pid: 99 }

/** The lock as another process left it, touched `ageMs` ago. */
function leaveLock(directory: string, holder: Holder | undefined, ageMs = 0): string {
  const path = join(directory, 'host-tag.lock')
  mkdirSync(path)
  if (holder !== undefined) writeFileSync(join(path, 'holder'), JSON.stringify(holder))
  const touchedAt = new Date(Date.now() - ageMs)
  utimesSync(path, touchedAt, touchedAt)
  return path
}

function hostLock(t: TestContext, directory: string, self = here): HostLock {
  const lock = new HostLock(directory, 'tag', self)
  t.after(() => lock.close())
  return lock
}

/** Why the lock is not ours; undefined after a turn of the loop with it. */
async function refusalOf(lock: HostLock): Promise<unknown> {
  try {
    await lock.hold()
    await new Promise(setImmediate)
    return undefined
  } catch (error) {
    return error
  }
}

test('the lock says who holds it and is gone when let go', async (t) => {
  const directory = temporaryDirectory(t)
  const lock = hostLock(t, directory)
  await lock.hold()
  const path = join(directory, 'host-tag.lock')
  assert.deepEqual(JSON.parse(readFileSync(join(path, 'holder'), 'utf8')), here)
  await lock.close()
  assert.equal(existsSync(path), false)
})

test('holding twice, or twice at once, is holding once', async (t) => {
  const lock = hostLock(t, temporaryDirectory(t))
  await Promise.all([lock.hold(), lock.hold()])
  await lock.hold()
})

test("another host's live lock excludes us and is left alone", async (t) => {
  const directory = temporaryDirectory(t)
  const path = leaveLock(directory, there)
  await assert.rejects(
    hostLock(t, directory).hold(),
    expectedError('store_locked', "another host's live lock excludes us and is left alone", {
      directory,
    }),
  )
  assert.deepEqual(JSON.parse(readFileSync(join(path, 'holder'), 'utf8')), there)
})

test('a live lock without a name is left alone', async (t) => {
  const directory = temporaryDirectory(t)
  leaveLock(directory, undefined)
  await assert.rejects(
    hostLock(t, directory).hold(),
    expectedError('store_locked', 'a live lock without a name is left alone', { directory }),
  )
})

test('a lock of this boot of this host is a dead one: it is broken at once', async (t) => {
  const directory = temporaryDirectory(t)
  leaveLock(directory, { ...here, pid: 12 })
  await hostLock(t, directory).hold()
})

test('a lock of another boot, or of another host of this boot id, is live until it is stale', async (t) => {
  for (const holder of [
    { ...here, bootId: 'boot-0' },
    { ...here, host: 'clone' },
  ]) {
    const directory = temporaryDirectory(t)
    const path = leaveLock(directory, holder)
    const lock = hostLock(t, directory)
    await assert.rejects(lock.hold(), { code: 'store_locked' })
    rmSync(path, { recursive: true })
    leaveLock(directory, holder, 11_000)
    await lock.hold()
  }
})

test('a lock that was lost is taken again with the next hold', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const directory = temporaryDirectory(t)
  const lock = hostLock(t, directory)
  await lock.hold()
  const path = join(directory, 'host-tag.lock')
  rmSync(path, { recursive: true })
  leaveLock(directory, there)
  t.mock.timers.tick(5_000)
  let refusal: unknown
  while (refusal === undefined) refusal = await refusalOf(lock)
  assert.equal((refusal as { code: string }).code, 'store_locked')
  rmSync(path, { recursive: true })
  await lock.hold()
  assert.deepEqual(JSON.parse(readFileSync(join(path, 'holder'), 'utf8')), here)
})

test('a directory that we may not write is an error of its own', async (t) => {
  const directory = join(temporaryDirectory(t), 'gone')
  await assert.rejects(
    hostLock(t, directory).hold(),
    expectedError('store_unreadable', 'a directory that we may not write is an error of its own', {
      path: join(directory, 'host-tag.lock'),
    }),
  )
})
