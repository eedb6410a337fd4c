/** A disk that becomes read-only under an outbox, as ext4 does after an error: what cannot be removed is not sent. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runClient } from '../support/daemon.ts'
import { emptied, findChild, startApiStage, waitingIn } from '../support/outbox-stage.ts'

const canMount = spawnSync('sh', [
  '-c',
  'd=$(mktemp -d) && mount -t tmpfs cms-oauth-test $d && umount $d; s=$?; rmdir $d; exit $s',
]).status
const skip = canMount === 0 ? false : 'needs root, to mount a disk'

test(
  'on a disk that has become read-only nothing is sent, sent twice, or crashes',
  { skip },
  async (t) => {
    let disk = ''
    const { api, daemon, world, spool, send } = await startApiStage(t, 'gmail-api', ({ home }) => {
      disk = join(home.stateDirectory, 'outbox')
      mkdirSync(disk, { recursive: true, mode: 0o700 })
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m,mode=700', 'cms-oauth-test', disk])
      t.after(() => execFileSync('umount', ['--lazy', disk]))
      return ''
    })
    const remount = (how: 'ro' | 'rw') => execFileSync('mount', ['-o', `remount,${how}`, disk])
    const retry = () => runClient(world.home, ['outbox', 'retry'])
    const waits = (count: number) =>
      daemon.loggedAll(({ event }) => event === 'outbox.waits', count)

    api.trouble({ status: 503 })
    assert.equal(await send(), 0)
    await waits(1)
    const outbox = findChild('cms-oauth-outbox', daemon)
    remount('ro')
    for (let tries = 2; tries <= 3; tries++) {
      assert.equal((await retry()).status, 0)
      await waits(tries)
    }
    assert.equal(api.sent.length, 0)
    const { stdout } = await runClient(world.home, ['mailq'])
    assert.match(stdout, /waits: the spool [^]*EROFS/)
    const refused = await runClient(world.home, ['sendmail', 'root'], 'Subject: second\n\n')
    assert.equal(refused.status, 75)

    // What is refused for good is put aside once that can be.
    remount('rw')
    api.trouble({ status: 413, meanwhile: () => remount('ro') })
    assert.equal((await retry()).status, 0)
    await waits(4)
    assert.equal(waitingIn(spool).length, 1)
    remount('rw')
    assert.equal((await retry()).status, 0)
    await emptied(spool)
    await api.taken(1)
    assert.equal(api.sent.length, 1)
    assert.equal(findChild('cms-oauth-outbox', daemon), outbox, 'it has not crashed')
  },
)
