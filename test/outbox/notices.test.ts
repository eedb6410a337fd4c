/** How many notices a caller can cause. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retireEntry } from '../../src/spool/spool-folders.ts'
import { delivered, filesIn, mail, outcome, world } from './outbox-world.ts'

test('what cannot be sent causes no more notices in an hour than its caller may send messages', async (t) => {
  const made = await world(t, { perHour: 2 })
  for (let count = 1; count <= 4; count++) {
    const { status } = await made.submit(mail, { id: `s${count}`, size: 2_000_000 })
    assert.equal(status, 413)
    const [notice] = filesIn(made, 'new')
    assert.equal(notice !== undefined, count <= 2, String(count))
    if (notice === undefined) continue
    await made.waitFor('due', count)
    retireEntry(made.configuration.spool, notice)
    outcome(made, notice, delivered)
  }
})
