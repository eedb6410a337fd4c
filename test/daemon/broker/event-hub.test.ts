import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventHub } from '../../../src/daemon/broker/event-hub.ts'
import type { BrokerEvent } from '../../../src/messages/control-api.ts'

test('every listener gets every event, with its time, until it leaves', () => {
  const hub = new EventHub()
  const first: BrokerEvent[] = []
  const second: BrokerEvent[] = []
  const leave = hub.subscribe((event) => first.push(event))
  hub.subscribe((event) => second.push(event))
  hub.publish({ event: 'token.refreshed', user: 'user@example.com' })
  leave()
  hub.publish({ event: 'token.forgotten', user: 'user@example.com' })
  assert.deepEqual(
    first.map(({ event }) => event),
    ['token.refreshed'],
  )
  assert.deepEqual(
    second.map(({ event }) => event),
    ['token.refreshed', 'token.forgotten'],
  )
  const { time = '', ...rest } = first[0] ?? {}
  assert.deepEqual(rest, { event: 'token.refreshed', user: 'user@example.com' })
  assert.equal(new Date(time).toISOString(), time)
})
