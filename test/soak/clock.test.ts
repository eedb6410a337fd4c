/**
 * The running daemon when its clocks jump: the wall clock 2 h ahead and a day back (libfaketime), and
 * a sleep of 8 h, for which both clocks go on and timers do not. Asked at once or left alone, it
 * never serves an expired token, has a new one within 31 s, and refreshes once. Needs root and
 * libfaketime (Debian: faketime). Takes four minutes.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startDaemon } from '../support/daemon.ts'
import { startScriptedWorld } from '../support/scripted-world.ts'
import { takeMachineClock } from './machine-clock.ts'
import { requireRoot } from './require-root.ts'

const [second, hour, day] = [1_000, 3_600_000, 86_400_000]
/** The daemon reads its clocks every 30 s at least. */
const patienceMs = 31 * second

/** How far each clock jumps, and how many refreshes of a token that lives an hour that is worth. */
const jumps = [
  { name: 'the wall clock 2 h ahead', wallMs: 2 * hour, bootMs: 0, refreshes: 1 },
  { name: 'the wall clock a day back', wallMs: -day, bootMs: 0, refreshes: 0 },
  { name: 'a sleep of 8 h', wallMs: 8 * hour, bootMs: 8 * hour, refreshes: 1 },
]

test('clocks that jump cost one refresh at most, and no expired token is served', async (t) => {
  requireRoot()
  const clock = takeMachineClock(t)
  const world = await startScriptedWorld('oidc')
  t.after(() => world.close())
  const { server, user } = world
  await world.daemon.stop()
  world.daemon = await startDaemon(world.home)
  // Enough for a storm; the answers come in order, so their count names the newest token.
  for (let count = 0; count < 1_000; count++) world.answerWell()
  const newest = () => `canary-access-${server.received.length}`
  await world.daemon.control.importGrant(user, { refresh_token: 'imported' })
  let [wallMs, bootMs] = [0, 0]
  for (const jump of jumps) {
    for (const isAsked of [true, false]) {
      await world.daemon.control.refresh(user)
      const old = newest()
      const before = server.received.length
      wallMs += jump.wallMs
      bootMs += jump.bootMs
      clock.set({ wallMs, bootMs })
      const jumpedAt = performance.now()
      let [asked, newAfterMs] = [0, Number.NaN]
      for (; performance.now() < jumpedAt + patienceMs; await delay(50)) {
        if (server.received.length > before && Number.isNaN(newAfterMs)) {
          newAfterMs = performance.now() - jumpedAt
        }
        if (!isAsked) continue
        const token = await world.ask()
        assert.equal(token, newest(), jump.name)
        assert.equal(token === old, jump.refreshes === 0, `${jump.name}: expired`)
        asked++
      }
      assert.equal(await world.ask(), newest())
      const refreshes = server.received.length - before
      t.diagnostic(
        `${jump.name}, ${isAsked ? `asked ${asked} times` : 'left alone'}: ${refreshes} refreshes` +
          (refreshes === 0 ? '' : `, the first after ${newAfterMs.toFixed(0)} ms`),
      )
      assert.equal(refreshes, jump.refreshes, jump.name)
    }
  }
})
