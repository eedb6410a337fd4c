/** 1,000 idle IMAP connections through the bridge: after ten minutes it holds no more memory than at their beginning. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openIdle, startBridgeStage } from '../bench/bridge-stage.ts'
import { residentKiB } from '../support/idle-memory.ts'

const pairs = 1_000
const minutes = 10
const limit = 1.02

test('1,000 idle pairs hold the same memory after ten minutes', async (t) => {
  const { bridge, close } = await startBridgeStage(pairs)
  t.after(close)
  const emptyKiB = residentKiB(bridge.pid)
  const sockets = await openIdle(bridge.logIn, pairs)
  await delay(2_000)
  const fullKiB = residentKiB(bridge.pid)
  const each: number[] = []
  while (each.length < minutes) {
    await delay(60_000)
    each.push(residentKiB(bridge.pid))
  }
  const most = Math.max(...each) / fullKiB
  t.diagnostic(
    `${((fullKiB - emptyKiB) / pairs).toFixed(1)} KiB a pair, ${fullKiB} KiB with all, ` +
      `after each minute ${each.join(', ')}: at most ${most.toFixed(3)}`,
  )
  assert.ok(
    sockets.every(({ destroyed }) => !destroyed),
    'some were closed',
  )
  for (const socket of sockets) socket.destroy()
  assert.ok(most <= limit, `${most} times`)
})
