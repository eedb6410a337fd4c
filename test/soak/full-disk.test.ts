/**
 * A disk of 256 KiB that is full, and one that fails with EIO at each of 100 points: what was saved
 * stays as it was, tokens are served on, and 5 s after the disk is well again the newest refresh
 * token is on it. Needs root, to mount the disk. Takes half a minute.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openEnvelope } from '../../src/sealing/envelope.ts'
import { loadMasterKey } from '../../src/sealing/master-key.ts'
import { decodeRecord } from '../../src/renewer/store/record.ts'
import { recordsIn } from '../../src/renewer/store/sealed-file.ts'
import { interceptedFileSystem, systemError } from '../files/faulty-file-system.ts'
import { type Place, place } from '../renewer/store/place.ts'
import { testGrant } from '../renewer/store/test-grant.ts'
import { startDaemon } from '../support/daemon.ts'
import { fillDisk } from '../support/fill-disk.ts'
import { type ScriptedWorld, startScriptedWorld } from '../support/scripted-world.ts'
import { requireRoot } from './require-root.ts'

const limitMs = 5_000
const points = 100
const { user } = testGrant()

/** The daemon with its state on a small disk of its own, signed in. */
async function startOnSmallDisk(t: TestContext): Promise<{ world: ScriptedWorld; disk: string }> {
  const world = await startScriptedWorld('oidc')
  await world.daemon.stop()
  const disk = dirname(world.home.stateDirectory)
  rmSync(world.home.stateDirectory, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=700', 'cms-oauth-soak', disk])
  t.after(async () => {
    await world.server.close()
    await world.daemon.stop()
    execFileSync('umount', [disk])
    await world.home.remove()
  })
  world.daemon = await startDaemon(world.home)
  world.answerWell()
  await world.daemon.control.importGrant(world.user, { refresh_token: 'imported' })
  return { world, disk }
}

function records(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.grant'))
    .map((name) => readFileSync(join(directory, name), 'base64'))
}

test('a disk of 256 KiB that is full costs nothing, and is written within 5 s of its being emptied', async (t) => {
  requireRoot()
  const { world, disk } = await startOnSmallDisk(t)
  const control = () => world.daemon.control
  const isDurable = async () => (await control().accounts()).accounts[0]?.is_durable
  const durableMs: number[] = []
  for (let round = 0; round < 5; round++) {
    const before = records(world.home.stateDirectory)
    assert.equal(before.length, 1)
    const empty = fillDisk(disk)
    // While a token is there, nothing is asked of the provider; it is served on.
    const served = await world.ask()
    const { length: asked } = world.server.received
    const refused = { code: 'store_locked', message: /is full, so the provider was not asked$/ }
    await assert.rejects(control().refresh(world.user), refused)
    assert.equal(world.server.received.length, asked)
    assert.equal(await world.ask(), served)
    assert.equal(await isDurable(), true)
    // A daemon that has none must ask, and puts aside what the disk refuses.
    await world.daemon.stop('SIGKILL')
    const token = world.answerWell()
    world.daemon = await startDaemon(world.home)
    assert.equal(await world.ask(), token)
    assert.equal(await isDurable(), false)
    assert.deepEqual(records(world.home.stateDirectory), before)
    const { length } = world.daemon.log
    empty()
    const begun = performance.now()
    await world.daemon.logged(({ event }) => event === 'store.durable', length)
    durableMs.push(performance.now() - begun)
    assert.equal(await isDurable(), true)
    assert.notDeepEqual(records(world.home.stateDirectory), before)
  }
  t.diagnostic(`on disk ${durableMs.map((ms) => ms.toFixed(0)).join(', ')} ms after it was emptied`)
  assert.ok(Math.max(...durableMs) < limitMs)

  // A daemon that starts on a full disk serves too, and knows the newest refresh token.
  await world.daemon.stop('SIGKILL')
  const newest = `canary-refresh-${world.server.received.length}`
  const empty = fillDisk(disk)
  const token = world.answerWell()
  world.daemon = await startDaemon(world.home)
  assert.equal(await world.ask(), token)
  assert.equal(world.server.received.at(-1)?.form.get('refresh_token'), newest)
  empty()
})

/** What another process would find on the disk now. */
async function keptVersion({ stateDirectory, keyFile }: Place): Promise<number | undefined> {
  const source = { from: 'file', path: keyFile } as const
  const key = await loadMasterKey(source, { stateDirectory, isStoreEmpty: false })
  const sealed = recordsIn(stateDirectory, [user])[0]?.read()
  if (sealed === undefined) return undefined
  const opened = openEnvelope({ user }, sealed, key)
  return 'defect' in opened
    ? assert.fail(opened.defect)
    : decodeRecord(opened.plaintext)?.refreshedAt
}

test(`EIO at ${points} points leaves the old grant or the new one, and costs neither`, async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let refusals = 0
  for (let point = 0; point < points; point++) {
    const at = place(t)
    const disk = { calls: 0 }
    const fileSystem = interceptedFileSystem(() => {
      if (disk.calls++ === point) throw systemError('EIO', 5)
    })
    const store = await at.open({ fileSystem })
    for (let version = 1; disk.calls <= point; version++) {
      const { isDurable } = await store.save(testGrant({ refreshedAt: version }))
      assert.equal((await store.read(user))?.refreshedAt, version)
      if (isDurable) continue
      refusals++
      const kept = (await keptVersion(at)) ?? 0
      assert.ok(kept === version || kept === version - 1, `point ${point}: ${kept}`)
      t.mock.timers.tick(limitMs)
      await new Promise(setImmediate)
      assert.equal(await keptVersion(at), version, `point ${point}`)
    }
    await store.close()
  }
  t.diagnostic(`${points} points: ${refusals} refused saves, all on disk at the next try`)
  assert.equal(refusals, points)
})
