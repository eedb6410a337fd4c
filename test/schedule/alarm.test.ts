import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { RefreshAlarm } from '../../src/schedule/alarm.ts'
import { instantIn } from '../../src/schedule/clock.ts'
import { FakeClock } from '../support/fake-clock.ts'

let clock: FakeClock
let alarm: RefreshAlarm
let startedAtMs: number
/** When it rang, in ms since the start, on the boot clock. */
let rings: number[]

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout'] })
  clock = new FakeClock()
  startedAtMs = clock.bootMs()
  rings = []
  alarm = new RefreshAlarm(clock, () => rings.push(clock.bootMs() - startedAtMs))
})

afterEach(() => {
  alarm.stop()
  mock.timers.reset()
})

function pass(ms: number): void {
  for (let passed = 0; passed < ms; passed += 10) {
    clock.advance(10)
    mock.timers.tick(10)
  }
}

test('it rings every 30 s when nothing is due', () => {
  pass(95_000)
  assert.deepEqual(rings, [30_000, 60_000, 90_000])
})

test('it rings at the earliest moment that was asked for, whatever the order', () => {
  for (const delayMs of [9_000, 2_000, 5_000]) alarm.wakeBy(instantIn(clock, delayMs))
  pass(2_000)
  assert.deepEqual(rings, [2_000])
})

test('moments close together and moments in the past are one ring, 50 ms from now', () => {
  for (const delayMs of [0, -1_000, 20]) alarm.wakeBy(instantIn(clock, delayMs))
  pass(1_000)
  assert.deepEqual(rings, [50])
})

test('a moment far away is checked on the way there', () => {
  alarm.wakeBy(instantIn(clock, 45_000))
  pass(30_000)
  assert.deepEqual(rings, [30_000])
  alarm.wakeBy(instantIn(clock, 15_000))
  pass(15_000)
  assert.deepEqual(rings, [30_000, 45_000])
})

test('a wall clock that is set forward brings the ring forward', () => {
  const deadline = instantIn(clock, 20_000)
  alarm.wakeBy(deadline)
  clock.step(3_600_000)
  alarm.wakeBy(deadline)
  pass(100)
  assert.deepEqual(rings, [50])
})

test('a wall clock that is set back delays no ring', () => {
  const deadline = instantIn(clock, 20_000)
  clock.step(-86_400_000)
  alarm.wakeBy(deadline)
  pass(20_000)
  assert.deepEqual(rings, [20_000])
})

test('one that was stopped rings no more, whatever it is asked', () => {
  alarm.stop()
  alarm.wakeBy(instantIn(clock, 1_000))
  pass(60_000)
  assert.deepEqual(rings, [])
})
