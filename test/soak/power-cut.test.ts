/**
 * 1,000 power cuts at any moment of a save, on a real ext4: the file system is shut down with its
 * journal unwritten (EXT4_IOC_SHUTDOWN, NOLOGFLUSH) and mounted again. No version of a grant whose
 * saving was acknowledged is lost. Needs root and a loop device. Takes three minutes.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { on } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { openStore } from '../../src/renewer/store/store.ts'
import { issuer, locks } from '../renewer/store/place.ts'
import { testGrant } from '../renewer/store/test-grant.ts'
import { requireRoot } from './require-root.ts'

const cuts = 1_000
const latestUs = 20_000
const { user } = testGrant()

/** Cuts the power of a mount after so many microseconds; answers when it is ready to and when it has. */
const cutter = `
  const { parentPort } = require('node:worker_threads')
  const { closeSync, openSync } = require('node:fs')
  const koffi = require('koffi')
  const ioctl = koffi.load(null).func('int ioctl(int fd, unsigned long request, const uint32_t *flags)')
  const [shutdown, withoutLogFlush] = [0x8004587d, 2]
  parentPort.on('message', ({ directory, afterUs }) => {
    const fd = openSync(directory, 'r')
    parentPort.postMessage('ready')
    const end = process.hrtime.bigint() + BigInt(afterUs) * 1000n
    while (process.hrtime.bigint() < end);
    const result = ioctl(fd, shutdown, [withoutLogFlush])
    closeSync(fd)
    parentPort.postMessage(result)
  })`

/** A disk of its own, not yet mounted; its image is in memory, where a sync costs little. */
function createDisk(t: TestContext) {
  const directory = mkdtempSync('/dev/shm/cms-oauth-')
  t.after(() => rmSync(directory, { recursive: true }))
  const image = join(directory, 'disk')
  const at = join(directory, 'mounted')
  mkdirSync(at)
  execFileSync('truncate', ['--size=16M', image])
  execFileSync('mkfs.ext4', ['-q', image])
  return {
    stateDirectory: join(at, 'state'),
    at,
    keyFile: join(directory, 'store.key'),
    mount: () => execFileSync('mount', ['-o', 'loop', image, at]),
    unmount: () => execFileSync('umount', [at]),
    /** A machine takes longer to come up than another host's lock is respected. */
    letTimePass: () => {
      const hostLock = join(at, 'state', locks.host)
      if (existsSync(hostLock)) utimesSync(hostLock, 0, 0)
    },
  }
}

test(`${cuts} power cuts lose no version that was acknowledged`, async (t) => {
  requireRoot()
  const disk = createDisk(t)
  const open = () =>
    openStore({
      stateDirectory: disk.stateDirectory,
      key: { from: 'file', path: disk.keyFile },
      issuer: () => issuer,
      onDurable: () => {},
      closeLimitMs: 0,
    })
  const worker = new Worker(cutter, { eval: true })
  t.after(() => worker.terminate())
  const answers = on(worker, 'message')
  const answer = async () => ((await answers.next()).value as unknown[])[0]
  let acknowledged = 0
  let [newer, saves] = [0, 0]
  for (let cut = 0; cut < cuts; cut++) {
    disk.mount()
    disk.letTimePass()
    try {
      const store = await open()
      const kept = (await store.read(user))?.refreshedAt ?? 0
      assert.ok(kept >= acknowledged, `cut ${cut}: ${kept} is there, ${acknowledged} acknowledged`)
      if (kept > acknowledged) newer++
      acknowledged = kept
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- no window
      worker.postMessage({ directory: disk.at, afterUs: (cut * 377) % latestUs })
      assert.equal(await answer(), 'ready')
      for (let version = kept + 1; ; version++) {
        const { isDurable } = await store.save(testGrant({ refreshedAt: version }))
        if (!isDurable) break
        acknowledged = version
        saves++
      }
      assert.equal(await answer(), 0, 'the file system was not shut down')
      await store.close()
    } finally {
      disk.unmount()
    }
  }
  t.diagnostic(
    `${saves} saves acknowledged in ${cuts} cuts, none lost; ${newer} kept though not acknowledged`,
  )
})
