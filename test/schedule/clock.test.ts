import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSystemClock } from '../../src/schedule/clock.ts'

/** A machine whose clocks are moved by hand. */
function createMachine() {
  const at = { wallMs: 1_000_000, runningMs: 50, uptimeMs: 70_000 }
  let readings = 0
  const clock = createSystemClock({
    wallMs: () => at.wallMs,
    runningMs: () => at.runningMs,
    uptimeMs: () => {
      readings++
      return at.uptimeMs
    },
  })
  const move = (names: (keyof typeof at)[], ms: number) => {
    for (const name of names) at[name] += ms
  }
  return {
    clock,
    readings: () => readings,
    run: (ms: number) => move(['wallMs', 'runningMs', 'uptimeMs'], ms),
    suspend: (ms: number) => move(['wallMs', 'uptimeMs'], ms),
    step: (ms: number) => move(['wallMs'], ms),
  }
}

test('the time since boot goes on while the process runs, and its file is read once a second', () => {
  const { clock, run, readings } = createMachine()
  for (let ms = 0; ms < 3_000; ms += 10) {
    assert.equal(clock.bootMs(), 70_000 + ms)
    run(10)
  }
  assert.equal(readings(), 3)
})

test('a suspend counts at once, however short ago the file was read', () => {
  const { clock, run, suspend } = createMachine()
  assert.equal(clock.bootMs(), 70_000)
  run(10)
  suspend(8 * 3_600_000)
  assert.equal(clock.bootMs(), 70_010 + 8 * 3_600_000)
})

test('a wall clock that is set does not move the time since boot', () => {
  const { clock, run, step } = createMachine()
  assert.equal(clock.bootMs(), 70_000)
  run(10)
  for (const ms of [7_200_000, -86_400_000]) {
    step(ms)
    assert.equal(clock.bootMs(), 70_010)
  }
  assert.equal(clock.wallMs(), 1_000_010 - 79_200_000)
})

test('the clocks of this machine go forward together', () => {
  const clock = createSystemClock()
  const [wallMs, bootMs] = [clock.wallMs(), clock.bootMs()]
  while (clock.bootMs() < bootMs + 5);
  assert.ok(clock.wallMs() >= wallMs + 4)
})
