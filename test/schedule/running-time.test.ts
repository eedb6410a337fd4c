import assert from 'node:assert/strict'
import { test } from 'node:test'
import { afterRunning } from '../../src/schedule/running-time.ts'

test('it calls back once, when the time has been run', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let calls = 0
  afterRunning(20_000, () => calls++)
  t.mock.timers.tick(19_000)
  assert.equal(calls, 0)
  t.mock.timers.tick(60_000)
  assert.equal(calls, 1)
})

test('it never calls back once it was ended', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const stop = afterRunning(1_000, () => assert.fail())
  t.mock.timers.tick(900)
  stop()
  t.mock.timers.tick(900)
})

test('a pause of the process, however long, counts as one tick', async () => {
  const durationMs = 1_000
  let isOver = false
  afterRunning(durationMs, () => {
    isOver = true
  })
  // Stands still as a stopped process does: what is due afterwards runs once, however much is due.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * durationMs)
  await new Promise((resolve) => setTimeout(resolve, 1))
  assert.equal(isOver, false)
})
