/**
 * A full disk, and then the end of the daemon, of its renewer, or of both, at a provider that ends a
 * sign-in when an old refresh token comes back: no sign-in is lost.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ask } from '../daemon/socket/token-socket.ts'
import { startDaemon } from '../support/daemon.ts'
import { fillDisk } from '../support/fill-disk.ts'
import { expectedError } from '../support/golden.ts'
import { findRenewerPid } from '../support/renewer-pid.ts'
import { assertNoneIsOld, type Running, stateOf } from '../support/rotation.ts'
import { accountToml, createWorld, startSignedIn } from '../support/world.ts'

const canMount = spawnSync('sh', [
  '-c',
  'd=$(mktemp -d) && mount -t tmpfs cms-oauth-test $d && umount $d; s=$?; rmdir $d; exit $s',
]).status
const skip = canMount === 0 ? false : 'needs root, to mount a small disk'

interface OnSmallDisk extends Running {
  empty: () => void
}

/** Signed in with the store on a disk of 128 KiB, which is then filled to the last byte. */
async function startOnFullDisk(t: TestContext): Promise<OnSmallDisk> {
  const world = await createWorld({ accessTokenLifetime: 3_600 })
  const disk = dirname(world.home.stateDirectory)
  mkdirSync(disk, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k,mode=700', 'cms-oauth-test', disk])
  const daemon = await startSignedIn(world, accountToml(world, 'oidc'))
  const running = { world, daemon, empty: fillDisk(disk) }
  t.after(async () => {
    await running.daemon.stop('SIGKILL')
    await until(() => spawnSync('umount', [disk]).status === 0)
    await world.close()
  })
  return running
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !(await isTrue()); await delay(20)) {
    assert.ok(Date.now() < end, 'it did not happen within 60 s')
  }
}

/** A new daemon on the full disk: without a token in memory it has to ask for one all the same. */
async function restart(running: OnSmallDisk): Promise<void> {
  const { world } = running
  running.daemon = await startDaemon(world.home)
  await until(async () => (await stateOf(running.daemon)) === 'active')
  assert.notEqual(await ask(world.home.tokenSocket, `SMTP,token ${world.user}`), '')
}

async function isDurable({ daemon }: Running): Promise<boolean | null | undefined> {
  return (await daemon.control.accounts()).accounts[0]?.is_durable
}

const ends: [string, (running: OnSmallDisk) => Promise<unknown>][] = [
  [
    'SIGTERM, and again',
    async ({ daemon, world }) => {
      const stopped = daemon.stop('SIGTERM')
      const { user } = await daemon.logged(({ event }) => event === 'daemon.waiting')
      assert.equal(user, world.user)
      daemon.process.kill('SIGTERM')
      assert.equal(await stopped, 0)
    },
  ],
  ['kill -9 of the daemon', ({ daemon }) => daemon.stop('SIGKILL')],
  [
    'kill -9 of the renewer',
    async ({ daemon, world }) => {
      const { pid = assert.fail() } = daemon.process
      process.kill(findRenewerPid(pid) ?? assert.fail('it holds what is not saved'), 'SIGKILL')
      const { user } = await daemon.logged(({ event }) => event === 'store.not_saved')
      assert.equal(user, world.user)
      await daemon.stop('SIGKILL')
    },
  ],
  [
    'kill -9 of both',
    async ({ daemon }) => {
      const { pid = assert.fail() } = daemon.process
      const renewer = findRenewerPid(pid) ?? assert.fail('it holds what is not saved')
      const stopped = daemon.stop('SIGKILL')
      process.kill(renewer, 'SIGKILL')
      await stopped
    },
  ],
]

describe('a full disk', { concurrency: true }, () => {
  test('is found, while a token is there, before the provider is asked', { skip }, async (t) => {
    const running = await startOnFullDisk(t)
    const { world, daemon, empty } = running
    const { exchanges } = world.provider.refreshes
    const before = exchanges.length
    await assert.rejects(
      daemon.control.refresh(world.user),
      expectedError('store_locked', 'before the provider is asked', {
        place: world.home.stateDirectory,
      }),
    )
    assert.equal(exchanges.length, before)
    assert.notEqual(await ask(world.home.tokenSocket, `SMTP,token ${world.user}`), '')
    empty()
    await daemon.control.refresh(world.user)
    assertNoneIsOld(exchanges)
  })

  for (const [name, end] of ends) {
    test(`then ${name}: the sign-in is kept`, { skip }, async (t) => {
      const running = await startOnFullDisk(t)
      const { world } = running
      await running.daemon.stop('SIGKILL')
      for (let round = 0; round < 2; round++) {
        await restart(running)
        assert.equal(await isDurable(running), false)
        await end(running)
      }
      await restart(running)
      running.empty()
      await running.daemon.logged(({ event }) => event === 'store.durable')
      assert.equal(await isDurable(running), true)
      await running.daemon.stop('SIGKILL')
      await restart(running)
      await running.daemon.control.refresh(world.user)
      assertNoneIsOld(world.provider.refreshes.exchanges)
      assert.equal(await stateOf(running.daemon), 'active')
    })
  }

  test(
    'that takes writes again during a stop: what the stop waited for is saved',
    { skip },
    async (t) => {
      const running = await startOnFullDisk(t)
      await running.daemon.stop('SIGKILL')
      await restart(running)
      const stopped = running.daemon.stop('SIGTERM')
      await running.daemon.logged(({ event }) => event === 'daemon.waiting')
      running.empty()
      assert.equal(await stopped, 0)
      assert.ok(!running.daemon.log.some(({ event }) => event === 'store.not_saved'))
      await restart(running)
      assertNoneIsOld(running.world.provider.refreshes.exchanges)
    },
  )
})
