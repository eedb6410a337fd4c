import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HourlyLimit } from '../../../src/outbox/queue/hourly-limit.ts'

const minuteMs = 60_000

test('whoever has sent as many as may be in an hour waits until the first of them is an hour old', () => {
  let now = 0
  const limit = new HourlyLimit(() => now)
  for (now of [0, 10 * minuteMs]) limit.count('alice')
  assert.equal(limit.waitMs('alice', 3), 0)
  assert.equal(limit.waitMs('alice', 2), 50 * minuteMs)
  assert.equal(limit.waitMs('bob', 2), 0)
  now = 60 * minuteMs
  assert.equal(limit.waitMs('alice', 2), 0)
  assert.equal(limit.waitMs('alice', 1), 10 * minuteMs)
})

test('callers that have sent nothing for an hour are forgotten, the others are not', () => {
  let now = 0
  const limit = new HourlyLimit(() => now)
  for (let index = 0; index < 1_000; index++) limit.count(`printer ${index}`)
  now = 30 * minuteMs
  limit.count('printer 0')
  limit.count('alice')
  assert.equal(limit.callers, 1_001)
  now = 61 * minuteMs
  limit.count('bob')
  assert.equal(limit.callers, 3)
  assert.equal(limit.waitMs('printer 0', 1), 29 * minuteMs)
})
