import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Deadline } from '../../../src/mail/connection/deadline.ts'

test('a part of a conversation has its own limit, whatever was left of the one before', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const deadline = new Deadline(20_000, undefined)
  t.mock.timers.tick(19_000)
  deadline.restart(300_000)
  t.mock.timers.tick(299_999)
  assert.equal(deadline.signal.aborted, false)
  t.mock.timers.tick(1)
  assert.equal(deadline.signal.aborted, true)
  assert.equal(deadline.isCancelled, false)
})

test('what has ended does not run out', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const deadline = new Deadline(20_000, undefined)
  deadline.restart(1_000)
  deadline.end()
  t.mock.timers.tick(300_000)
  assert.equal(deadline.signal.aborted, false)
})

test('what its caller has stopped, before it began or later, leaves no timer', () => {
  const before = timers()
  const cancel = new AbortController()
  const deadline = new Deadline(20_000, cancel.signal)
  cancel.abort()
  const late = new Deadline(20_000, cancel.signal)
  assert.deepEqual([deadline.isCancelled, late.isCancelled], [true, true])
  assert.equal(timers(), before)
})

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}
