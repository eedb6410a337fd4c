/**
 * 1,000 power cuts at any moment of a save, on a real ext4: the file system is shut down with its
 * journal unwritten (EXT4_IOC_SHUTDOWN, NOLOGFLUSH) and mounted again. No version of a grant whose
 * saving was acknowledged is lost. Needs root and a loop device. Takes three minutes.
 */
import assert from 'node:assert/strict'
import { existsSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openFileStore } from '../../src/renewer/store/open-file-store.ts'
import { issuer, locks } from '../renewer/store/place.ts'
import { testGrant } from '../renewer/store/test-grant.ts'
import { createDisk } from './disk-without-power.ts'
import { requireRoot } from './require-root.ts'

const cuts = 1_000
const latestUs = 20_000
const { user } = testGrant()

test(`${cuts} power cuts lose no version that was acknowledged`, async (t) => {
  requireRoot()
  const disk = createDisk(t)
  const stateDirectory = join(disk.at, 'state')
  const open = () =>
    openFileStore({
      stateDirectory,
      key: { from: 'file', path: join(disk.beside, 'store.key') },
      issuer: () => issuer,
      onDurable: () => {},
      closeLimitMs: 0,
    })
  let acknowledged = 0
  let [newer, saves] = [0, 0]
  for (let cut = 0; cut < cuts; cut++) {
    disk.mount()
    letTimePass(join(stateDirectory, locks.host))
    try {
      const store = await open()
      const kept = (await store.read(user))?.refreshedAt ?? 0
      assert.ok(kept >= acknowledged, `cut ${cut}: ${kept} is there, ${acknowledged} acknowledged`)
      if (kept > acknowledged) newer++
      acknowledged = kept
      await disk.cutAfter((cut * 377) % latestUs)
      for (let version = kept + 1; ; version++) {
        const { isDurable } = await store.save(testGrant({ refreshedAt: version }))
        if (!isDurable) break
        acknowledged = version
        saves++
      }
      await disk.isCut()
      await store.close()
    } finally {
      disk.unmount()
    }
  }
  t.diagnostic(
    `${saves} saves acknowledged in ${cuts} cuts, none lost; ${newer} kept though not acknowledged`,
  )
})

/** A machine takes longer to come up than another host's lock is respected. */
function letTimePass(hostLock: string): void {
  if (existsSync(hostLock)) utimesSync(hostLock, 0, 0)
}
