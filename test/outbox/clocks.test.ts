/** Clocks that were never set, are far ahead, or are set while mail waits. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { DeliveryOutcome } from '../../src/messages/sender-messages.ts'
import type { QueuedMessage } from '../../src/messages/outbox-api.ts'
import { away, mail, OutboxWorld } from './outbox-world.ts'

const today = Date.UTC(2026, 10, 30)
const dayMs = 86_400_000

for (const [what, acceptedAt, triedAt] of [
  ['shows 1970', 1_000, 2_000],
  ['shows 2100', Date.UTC(2100, 0, 1), Date.UTC(2100, 0, 1)],
  ['shows 1970 and is set', 1_000, today],
  ['shows 2100 and is set', Date.UTC(2100, 0, 1), today],
  ['is set a day ahead', today, today + dayMs],
  ['is set a day back', today, today - dayMs],
] as const) {
  test(`mail waits and goes as ever while a clock ${what}`, async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: acceptedAt })
    const made = new OutboxWorld(t)
    await made.start(t)
    const id = (await made.submit(mail)).body['id'] as string
    await made.waitFor('due', 1)
    t.mock.timers.setTime(triedAt)
    const second = (await made.submit(mail, { id: 's2' })).body['id'] as string
    const outcome = (of: string, how: DeliveryOutcome) =>
      made.process.receive({ type: 'outcome', outbox: 'outbox', id: of, outcome: how })
    outcome(id, away)
    const { messages } = (await made.ask('GET', '/v1/messages')).body as {
      messages: QueuedMessage[]
    }
    for (const { next_try_at: next = '' } of messages) {
      const waitMs = Date.parse(next) - triedAt
      assert.ok(waitMs > 20_000 && waitMs < 40_000, `the first pause, not ${waitMs} ms`)
    }
    // Both are read again after a start, whatever their names say, and go.
    await made.start(t)
    const sent = new Set<string>()
    for (const count of [2, 3]) {
      const due = (await made.waitFor('due', count)).at(-1)?.id ?? ''
      sent.add(due)
      outcome(due, { kind: 'delivered', refused: [] })
    }
    assert.deepEqual(sent, new Set([id, second]))
    assert.deepEqual(readdirSync(join(made.configuration.spool, 'failed')), [])
  })
}
