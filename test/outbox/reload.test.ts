/** A reload while a message is on its way. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeliveryOutcome } from '../../src/messages/sender-messages.ts'
import { OutboxWorld } from './outbox-world.ts'

const outcome: DeliveryOutcome = { kind: 'later', actor: 'nobody', reason: 'no answer', hint: '' }
const account = 'notify@example.com'

test('an account is not left busy by an outbox that has another account by then', async (t) => {
  const world = new OutboxWorld(t)
  await world.start(t)
  await world.submit('Subject: disk full\n\nAll of it.\n')
  const [due] = await world.waitFor('due', 1)
  assert.ok(due !== undefined)
  world.configure({ account: 'other@example.com' })
  world.process.receive({ ...due, type: 'outcome', outcome })
  world.configure({ account })
  world.process.receive({ type: 'retry', account })
  assert.deepEqual((await world.waitFor('due', 2))[1], due)
})

test('an account is not left busy by an outbox that is gone', async (t) => {
  const world = new OutboxWorld(t)
  await world.start(t)
  await world.submit('Subject: disk full\n\nAll of it.\n')
  const [due] = await world.waitFor('due', 1)
  world.configure({ name: 'renamed' })
  assert.deepEqual((await world.waitFor('due', 2))[1], { ...due, outbox: 'renamed' })
})
