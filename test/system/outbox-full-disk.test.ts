/** A spool on a disk that is nearly full: what fits is accepted, and the rest is kept by whoever sends it. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { runClient } from '../support/daemon.ts'
import { emptied, startApiStage, waitingIn } from '../support/outbox-stage.ts'

const canMount = spawnSync('sh', [
  '-c',
  'd=$(mktemp -d) && mount -t tmpfs cms-oauth-test $d && umount $d; s=$?; rmdir $d; exit $s',
]).status
const skip = canMount === 0 ? false : 'needs root, to mount a small disk'

/** Mounts 1 MiB where the spools are; the daemon is not there yet. */
function mountSmallDisk(t: TestContext, stateDirectory: string): string {
  const disk = join(stateDirectory, 'outbox')
  mkdirSync(disk, { recursive: true, mode: 0o700 })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'cms-oauth-test', disk])
  t.after(() => execFileSync('umount', ['--lazy', disk]))
  return disk
}

test(
  'of a disk that is full the large message hears 75, and the next small one 0',
  { skip },
  async (t) => {
    let disk = ''
    const more = ({ home }: { home: { stateDirectory: string } }) => {
      disk = mountSmallDisk(t, home.stateDirectory)
      return ''
    }
    const { api, world, spool, send } = await startApiStage(t, 'gmail-api', more)
    const large = `Subject: large\n\n${'a line of sixty-four letters, or nearly so, as it is in a log..\n'.repeat(32_000)}`
    const refused = await runClient(world.home, ['sendmail', 'root'], large)
    assert.equal(refused.status, 75)
    const [, kept = ''] = /is kept in "([^"]+)"/.exec(refused.stderr) ?? []
    assert.deepEqual(readdirSync(join(kept, '..')).length, 1)
    assert.deepEqual(readdirSync(join(spool, 'tmp')), [])
    for (let count = 1; count <= 3; count++) {
      assert.equal(await send(), 0)
      await api.taken(count)
    }
    await emptied(spool)
    assert.deepEqual([readdirSync(join(spool, 'tmp')), waitingIn(spool)], [[], []])

    execFileSync('mount', ['-o', 'remount,size=16m', disk])
    assert.equal(await send(), 0)
    await api.taken(5)
    const subjects = api.sent.map(
      ({ read }) => read.fields.find(({ name }) => name === 'subject')?.value,
    )
    assert.deepEqual(subjects.slice(3), ['large', 'backup'], 'what was kept comes first')
    assert.deepEqual(readdirSync(join(kept, '..')), [])
  },
)
