import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { temporaryDirectory } from './temporary-directory.ts'

const storeUrl = new URL('../../../src/renewer/store/open-file-store.ts', import.meta.url).href
const grantUrl = new URL('test-grant.ts', import.meta.url).href

/** On a disk of its own, which the kernel makes read-only as it does after an error. */
const program = `
  import { execFileSync } from 'node:child_process'
  import { readdirSync, writeFileSync } from 'node:fs'
  import { openFileStore } from '${storeUrl}'
  import { testGrant } from '${grantUrl}'
  const [disk, path] = process.argv.slice(1)
  const open = () => openFileStore({
    stateDirectory: disk, key: { from: 'file', path }, onDurable() {}, lockLimitMs: 1000, issuer: () => 'i' })
  const remount = (mode) => execFileSync('mount', ['-o', 'remount,' + mode, disk])
  let store = await open()
  await store.save(testGrant({ refreshedAt: 1 }))
  await store.close()
  writeFileSync(disk + '/.0123456789abcdef.tmp', 'what a dead writer left')
  remount('ro')
  const said = {}
  store = await open()
  said.opened = (await store.read('user@example.com')).refreshedAt
  const second = await open()
  said.second = await second.read('user@example.com').then(() => 'read', (error) => error.code)
  said.saved = await store.save(testGrant({ refreshedAt: 2 }))
  remount('rw')
  await store.close()
  store = await open()
  said.kept = (await store.read('user@example.com')).refreshedAt
  await store.close()
  said.files = readdirSync(disk).filter((name) => name.endsWith('.tmp'))
  console.log(JSON.stringify(said))`

const ownMounts = ['--map-root-user', '--mount', 'sh', '-c']
const canMount =
  // To anybody else the directories above would seem to belong to a stranger in there.
  process.getuid?.() === 0 &&
  spawnSync('unshare', [...ownMounts, 'mount -t tmpfs cms-oauth-test /mnt']).status === 0
const skip = canMount ? false : 'needs root with user namespaces, to mount a disk'

test(
  'a store whose disk has become read-only opens for one, serves, and loses nothing',
  { skip },
  (t) => {
    const script = `
    mount -t tmpfs -o size=64k,mode=700 cms-oauth-test "$1"
    exec "$2" --import tsx --input-type=module -e "$3" "$1" "$4"`
    const key = `${temporaryDirectory(t)}/store.key`
    const argv = [temporaryDirectory(t), process.execPath, program, key]
    const { stdout } = spawnSync('unshare', [...ownMounts, script, 'sh', ...argv], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    assert.deepEqual(JSON.parse(stdout), {
      second: 'store_locked',
      opened: 1,
      saved: { isDurable: false },
      kept: 2,
      files: [],
    })
  },
)
