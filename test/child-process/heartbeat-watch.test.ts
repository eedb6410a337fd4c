/** Only a process that could have said something, and did not for 30 s of ours, is stuck. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { HeartbeatWatch } from '../../src/child-process/heartbeat-watch.ts'

const limitMs = 30_000
const tickMs = limitMs / 6

function watch(t: TestContext, pid?: number) {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const told: boolean[] = []
  const heartbeat = new HeartbeatWatch({ pid, limitMs, onSilence: (isStuck) => told.push(isStuck) })
  t.after(() => heartbeat.close())
  const tick = (times = 1) => {
    for (let time = 0; time < times; time++) t.mock.timers.tick(tickMs)
  }
  return { heartbeat, told, tick, isStuck: () => told.includes(true) }
}

test('one that says nothing for 30 s is stuck, once, and silent before that', (t) => {
  const { heartbeat, told, tick, isStuck } = watch(t)
  tick(2)
  assert.equal(heartbeat.isSilent, false)
  tick(4)
  assert.deepEqual([heartbeat.isSilent, isStuck()], [true, false])
  tick(1)
  assert.equal(isStuck(), true)
  tick(20)
  assert.equal(told.filter(Boolean).length, 1)
})

test('one that says something in between is not', (t) => {
  const { heartbeat, tick, isStuck } = watch(t)
  for (let round = 0; round < 10; round++) {
    tick(5)
    heartbeat.heard()
    assert.equal(heartbeat.isSilent, false)
  }
  assert.equal(isStuck(), false)
})

test('a pause of this process is one tick, however long it was', (t) => {
  const { heartbeat, tick, isStuck } = watch(t)
  // After it Node runs the timer once, and then reads what has come meanwhile.
  for (let pause = 0; pause < 5; pause++) tick()
  heartbeat.heard()
  tick(6)
  assert.equal(isStuck(), false)
})

test('one that the kernel does not let run is silent, and never stuck; its time begins afterwards', (t) => {
  const { pid = assert.fail() } = spawn('sleep', ['60'], { stdio: 'ignore' })
  t.after(() => process.kill(pid, 'SIGKILL'))
  process.kill(pid, 'SIGSTOP')
  const state = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0]
  while (state() !== 'T');
  const { heartbeat, tick, isStuck } = watch(t, pid)
  tick(50)
  assert.deepEqual([heartbeat.isSilent, isStuck()], [true, false])
  process.kill(pid, 'SIGCONT')
  while (state() === 'T');
  tick(6)
  assert.equal(isStuck(), false)
  tick(1)
  assert.equal(isStuck(), true)
})
