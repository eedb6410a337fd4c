/** Room is made before a provider is asked: a full disk says so while nothing is rotated yet. */
import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { FileSystem } from '../../../../src/files/durable-file.ts'
import { interceptedFileSystem, systemError } from '../../../files/faulty-file-system.ts'
import { expectedError } from '../../../support/golden.ts'
import { filled, type Place, recordOf } from '../place.ts'
import { testGrant } from '../test-grant.ts'

const user = 'user@example.com'
const strict = { kind: 'grant', mayFallBack: false } as const
const lenient = { kind: 'grant', mayFallBack: true } as const

const troubles = [
  ['ENOSPC', 28, 'is full'],
  ['EDQUOT', 122, 'has no quota left for cms-oauthd'],
  ['EROFS', 30, 'is read-only'],
  ['EIO', 5, 'fails: EIO (input/output error)'],
] as const

function temporaries({ stateDirectory }: Place): string[] {
  return readdirSync(stateDirectory).filter((name) => name.endsWith('.tmp'))
}

/** A disk that fails at these calls while it is told to. */
function faultyDisk(code: string, errno: number, ...calls: (keyof FileSystem)[]) {
  const disk = { isFaulty: false }
  const fileSystem = interceptedFileSystem((call) => {
    if (disk.isFaulty && calls.includes(call)) throw systemError(code, errno)
  })
  return { disk, fileSystem }
}

test('the room is there before the grant, and is the grant afterwards', async (t) => {
  const at = await filled(t, user)
  const store = await at.open()
  const reservation = await store.reserve(user, strict)
  const [temporary, ...more] = temporaries(at)
  assert.deepEqual(more, [])
  const { size, blocks, mode } = statSync(join(at.stateDirectory, temporary ?? ''))
  assert.ok(size >= 16_384 && blocks * 512 >= size)
  assert.equal(mode & 0o777, 0o600)
  assert.equal((await store.read(user))?.refreshedAt, 2_000)
  assert.deepEqual(await reservation.save(testGrant({ refreshedAt: 3_000 })), { isDurable: true })
  reservation.release()
  assert.deepEqual(temporaries(at), [])
  assert.ok(statSync(recordOf(at, user)).size < 2_000)
  await store.close()
  assert.equal((await (await at.open()).read(user))?.refreshedAt, 3_000)
})

test('a record that has grown gets room for more than it is', async (t) => {
  const at = await filled(t)
  const store = await at.open()
  const scopes = ['s'.repeat(40_000)]
  await store.save(testGrant({ scopes }))
  const reservation = await store.reserve(user, strict)
  assert.ok(statSync(join(at.stateDirectory, temporaries(at)[0] ?? '')).size > 80_000)
  await reservation.save(testGrant({ scopes, refreshedAt: 3_000 }))
  assert.equal((await store.read(user))?.refreshedAt, 3_000)
})

test('room that is not used is given back, once', async (t) => {
  const at = await filled(t, user)
  const store = await at.open()
  const reservation = await store.reserve(user, strict)
  reservation.release()
  reservation.release()
  assert.deepEqual(temporaries(at), [])
  assert.equal((await store.read(user))?.refreshedAt, 2_000)
})

for (const [code, errno, words] of troubles) {
  for (const call of ['openSync', 'writeSync', 'fsyncSync'] as const) {
    test(`${code} at ${call} while room is made is told, and leaves nothing behind`, async (t) => {
      const at = await filled(t, user)
      const { disk, fileSystem } = faultyDisk(code, errno, call)
      const store = await at.open({ fileSystem })
      disk.isFaulty = true
      const refused = store.reserve(user, strict)
      await assert.rejects(refused, { actor: 'you' })
      await assert.rejects(
        refused,
        expectedError('store_locked', 'a disk without room', { store: at.stateDirectory, words }),
      )
      assert.deepEqual(temporaries(at), [])
      const reservation = await store.reserve(user, lenient)
      const saved = await reservation.save(testGrant({ refreshedAt: 3_000 }))
      assert.deepEqual(saved, { isDurable: false })
      assert.equal((await store.read(user))?.refreshedAt, 3_000)
      disk.isFaulty = false
    })
  }

  test(`${code} of the room itself costs nothing that another file can take`, async (t) => {
    for (const call of ['writeSync', 'ftruncateSync', 'fsyncSync', 'renameSync'] as const) {
      const at = await filled(t, user)
      let isFirst = false
      const fileSystem = interceptedFileSystem((made) => {
        if (!isFirst || made !== call) return
        isFirst = false
        throw systemError(code, errno)
      })
      const store = await at.open({ fileSystem })
      const reservation = await store.reserve(user, strict)
      isFirst = true
      const saved = await reservation.save(testGrant({ refreshedAt: 3_000 }))
      assert.deepEqual(saved, { isDurable: true }, call)
      assert.deepEqual(temporaries(at), [])
      await store.close()
      assert.equal((await (await at.open()).read(user))?.refreshedAt, 3_000)
    }
  })
}

test('room in a directory that we may not write is trouble that the operator ends', async (t) => {
  const at = await filled(t, user)
  const { disk, fileSystem } = faultyDisk('EACCES', 13, 'openSync')
  const store = await at.open({ fileSystem })
  disk.isFaulty = true
  await assert.rejects(
    store.reserve(user, strict),
    expectedError(
      'store_unreadable',
      'room in a directory that we may not write is trouble that the operator ends',
      { stateDirectory: at.stateDirectory },
    ),
  )
  const reservation = await store.reserve(user, lenient)
  assert.deepEqual(await reservation.save(testGrant()), { isDurable: false })
  disk.isFaulty = false
})

test('an unconfirmed grant is a record of its own that the account never has its tokens by', async (t) => {
  const at = await filled(t, user)
  const store = await at.open()
  assert.equal(await store.readUnconfirmed(user), undefined)
  const reservation = await store.reserve(user, { kind: 'unconfirmed', mayFallBack: false })
  await reservation.save(testGrant({ refreshedAt: 3_000 }))
  await store.close()
  const next = await at.open()
  assert.equal((await next.readUnconfirmed(user))?.refreshedAt, 3_000)
  assert.equal((await next.read(user))?.refreshedAt, 2_000)
  assert.equal(await next.removeUnconfirmed(user), true)
  assert.equal(await next.removeUnconfirmed(user), false)
  assert.equal(await next.readUnconfirmed(user), undefined)
  assert.equal((await next.read(user))?.refreshedAt, 2_000)
})

test('who removes an account removes its unconfirmed grant too', async (t) => {
  const at = await filled(t, user)
  const store = await at.open()
  const reservation = await store.reserve(user, { kind: 'unconfirmed', mayFallBack: false })
  await reservation.save(testGrant())
  assert.equal(await store.remove(user), true)
  assert.equal(await store.readUnconfirmed(user), undefined)
  assert.equal(await store.remove(user), false)
})
