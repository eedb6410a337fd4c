/** A disk that is really full, which only root can make. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { temporaryDirectory } from '../../renewer/store/temporary-directory.ts'

const url = new URL('../../../src/files/replaced-file.ts', import.meta.url).href

/** Fills the disk, replaces the file, makes room, replaces it again; prints what there was. */
const program = `
  import { closeSync, openSync, readdirSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs'
  import { removeFile, replaceFile } from '${url}'
  const disk = process.argv[1]
  const rights = { mode: 0o640, ownership: undefined }
  replaceFile(disk + '/token', 'old', rights)
  const fd = openSync(disk + '/filler', 'w')
  try { for (;;) writeSync(fd, Buffer.alloc(512)) } catch {}
  closeSync(fd)
  const said = { free: statfsSync(disk).bfree }
  try { replaceFile(disk + '/token', 'new', rights) } catch (error) { said.code = error.code }
  said.kept = readFileSync(disk + '/token', 'utf8')
  said.files = readdirSync(disk).sort()
  said.removed = removeFile(disk + '/token')
  rmSync(disk + '/filler')
  replaceFile(disk + '/token', 'new', rights)
  said.after = readFileSync(disk + '/token', 'utf8')
  console.log(JSON.stringify(said))`

const ownMounts = ['--map-root-user', '--mount', 'sh', '-c']
const canMount =
  spawnSync('unshare', [...ownMounts, 'mount -t tmpfs cms-oauth-test /mnt']).status === 0
const skip = canMount ? false : 'needs user namespaces, to mount a small disk'

test('a full disk keeps the old file, can lose it, and takes the next one', { skip }, (t) => {
  const script = `
    mount -t tmpfs -o size=64k,mode=700 cms-oauth-test "$1"
    exec "$2" --import tsx --input-type=module -e "$3" "$1"`
  const argv = [temporaryDirectory(t), process.execPath, program]
  const { stdout } = spawnSync('unshare', [...ownMounts, script, 'sh', ...argv], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  assert.deepEqual(JSON.parse(stdout), {
    free: 0,
    code: 'ENOSPC',
    kept: 'old',
    files: ['filler', 'token'],
    removed: true,
    after: 'new',
  })
})
