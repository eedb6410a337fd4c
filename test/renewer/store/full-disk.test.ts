import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { FileSystem } from '../../../src/files/durable-file.ts'
import { openFileStore } from '../../../src/renewer/store/open-file-store.ts'
import type { Store } from '../../../src/renewer/store/store.ts'
import { interceptedFileSystem, systemError } from '../../files/faulty-file-system.ts'
import { assertError } from '../../support/golden.ts'
import { temporaryDirectory } from './temporary-directory.ts'
import { testGrant } from './test-grant.ts'

const user = 'user@example.com'
const errnos = { ENOSPC: 28, EIO: 5, EROFS: 30, EDQUOT: 122 }

/** A disk that fails at `call` while it has a fault. */
class Disk {
  fault: { code: keyof typeof errnos; call: keyof FileSystem } | undefined
  readonly fileSystem = interceptedFileSystem((call) => {
    if (this.fault?.call === call) throw systemError(this.fault.code, errnos[this.fault.code])
  })
}

async function openOn(t: TestContext, disk: Disk) {
  // Only the retry's timer: the locks keep theirs.
  t.mock.timers.enable({ apis: ['setInterval'] })
  const directory = temporaryDirectory(t)
  const durable: string[] = []
  const open = async () => {
    const store = await openFileStore({
      stateDirectory: join(directory, 'state'),
      key: { from: 'file', path: join(directory, 'config', 'store.key') },
      issuer: () => 'https://issuer.example',
      onDurable: (saved) => durable.push(saved),
      closeLimitMs: 0,
      fileSystem: disk.fileSystem,
    })
    t.after(() => store.close())
    return store
  }
  const retry = async () => {
    t.mock.timers.tick(5_000)
    await new Promise(setImmediate)
  }
  return { store: await open(), open, durable, retry }
}

async function refreshedAt(store: Store): Promise<number | undefined> {
  return (await store.read(user))?.refreshedAt
}

for (const code of ['ENOSPC', 'EIO', 'EROFS', 'EDQUOT'] as const) {
  test(`${code} at any step keeps the grant in memory until the disk takes it`, async (t) => {
    for (const call of ['openSync', 'writeSync', 'fsyncSync', 'closeSync', 'renameSync'] as const) {
      await t.test(call, async (t) => {
        const disk = new Disk()
        const { store, open, durable, retry } = await openOn(t, disk)
        assert.deepEqual(await store.save(testGrant({ refreshedAt: 1 })), { isDurable: true })
        disk.fault = { code, call }
        assert.deepEqual(await store.save(testGrant({ refreshedAt: 2 })), { isDurable: false })
        assert.equal(await refreshedAt(store), 2)
        assert.equal((await store.overview.list([user]))[0]?.refreshedAt, 2)
        await retry()
        assert.deepEqual(durable, [])
        disk.fault = undefined
        await retry()
        assert.deepEqual(durable, [user])
        await retry()
        assert.deepEqual(durable, [user])
        await store.close()
        assert.equal(await refreshedAt(await open()), 2)
      })
    }
  })
}

test('a newer grant takes the place of one that waits for the disk', async (t) => {
  const disk = new Disk()
  const { store, durable, retry } = await openOn(t, disk)
  disk.fault = { code: 'ENOSPC', call: 'writeSync' }
  await store.save(testGrant({ refreshedAt: 1 }))
  await store.save(testGrant({ refreshedAt: 2 }))
  assert.equal(await refreshedAt(store), 2)
  disk.fault = undefined
  assert.deepEqual(await store.save(testGrant({ refreshedAt: 3 })), { isDurable: true })
  await retry()
  assert.deepEqual(durable, [])
  assert.equal(await refreshedAt(store), 3)
})

test('a grant that waits for the disk can be removed', async (t) => {
  const disk = new Disk()
  const { store, retry } = await openOn(t, disk)
  disk.fault = { code: 'ENOSPC', call: 'writeSync' }
  await store.save(testGrant())
  assert.equal(await store.remove(user), true)
  disk.fault = undefined
  await retry()
  assert.equal(await store.read(user), undefined)
})

test('closing tries a last time', async (t) => {
  const disk = new Disk()
  const { store, open } = await openOn(t, disk)
  disk.fault = { code: 'ENOSPC', call: 'writeSync' }
  await store.save(testGrant({ refreshedAt: 7 }))
  disk.fault = undefined
  await store.close()
  assert.equal(await refreshedAt(await open()), 7)
})

test('a removal that the disk refuses says so', async (t) => {
  const disk = new Disk()
  const { store } = await openOn(t, disk)
  await store.save(testGrant())
  disk.fault = { code: 'EROFS', call: 'unlinkSync' }
  await assert.rejects(store.remove(user), (error: Error) => {
    const path = /\/[^"]+\.grant/.exec(error.message)?.[0]
    assertError(error, 'store_unreadable', 'a record that cannot be removed', {
      path,
      errno: 'EROFS',
    })
    return true
  })
})

test("a programmer's mistake is not taken for a full disk", async (t) => {
  const { store } = await openOn(t, new Disk())
  const broken = { ...testGrant(), renewal: undefined as never }
  await assert.rejects(store.save(broken), TypeError)
})

const storeUrl = new URL('../../../src/renewer/store/open-file-store.ts', import.meta.url).href
const grantUrl = new URL('test-grant.ts', import.meta.url).href

/** On a disk of its own, filled to the last byte: opens, saves, frees the space, closes, reads. */
const program = `
  import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
  import { openFileStore } from '${storeUrl}'
  import { testGrant } from '${grantUrl}'
  const [disk, path] = process.argv.slice(1)
  const stateDirectory = disk + '/state'
  const open = () => openFileStore({
    stateDirectory, key: { from: 'file', path }, onDurable() {}, lockLimitMs: 1000, issuer: () => 'i' })
  let store = await open()
  await store.save(testGrant({ refreshedAt: 1 }))
  await store.close()
  const fd = openSync(disk + '/filler', 'w')
  try { for (;;) writeSync(fd, Buffer.alloc(512)) } catch {}
  closeSync(fd)
  const said = { free: statfsSync(disk).bfree }
  store = await open()
  said.opened = (await store.read('user@example.com')).refreshedAt
  said.saved = await store.save(testGrant({ refreshedAt: 2 }))
  rmSync(disk + '/filler')
  await store.close()
  store = await open()
  said.kept = (await store.read('user@example.com')).refreshedAt
  await store.close()
  console.log(JSON.stringify(said))`

const ownMounts = ['--map-root-user', '--mount', 'sh', '-c']
const canMount =
  // To anybody else the directories above would seem to belong to a stranger in there.
  process.getuid?.() === 0 &&
  spawnSync('unshare', [...ownMounts, 'mount -t tmpfs cms-oauth-test /mnt']).status === 0
const skip = canMount ? false : 'needs root with user namespaces, to mount a small disk'

test('a store on a disk that is really full opens, serves, and loses nothing', { skip }, (t) => {
  const directory = temporaryDirectory(t)
  const script = `
    mount -t tmpfs -o size=64k,mode=700 cms-oauth-test "$1"
    exec "$2" --import tsx --input-type=module -e "$3" "$1" "$4"`
  const argv = [directory, process.execPath, program, `${temporaryDirectory(t)}/store.key`]
  const { stdout } = spawnSync('unshare', [...ownMounts, script, 'sh', ...argv], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  assert.deepEqual(JSON.parse(stdout), {
    free: 0,
    opened: 1,
    saved: { isDurable: false },
    kept: 2,
  })
})
