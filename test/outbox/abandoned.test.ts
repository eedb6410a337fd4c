/** What is kept of messages that were abandoned, by a clock that may have been set meanwhile. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Abandoned } from '../../src/outbox/abandoned.ts'
import { storeMessage } from '../../src/outbox/store-message.ts'
import { Queue } from '../../src/outbox/queue/queue.ts'
import { entryId } from '../../src/outbox/spool/entry-id.ts'
import { queueEntryOf } from '../../src/outbox/spool/queue-entry-of.ts'
import { Spool } from '../../src/outbox/spool/spool.ts'
import { outboxConfiguration } from './outbox-world.ts'

const dayMs = 86_400_000
const today = Date.UTC(2026, 10, 29)

for (const [what, failedAt, daysAfterFirstSweep] of [
  ['on a good clock', today, 14],
  ['before the clock was set', 1_000, 15],
  ['while the clock was far ahead', Date.UTC(2100, 0, 1), 15],
] as const) {
  test(`a message abandoned ${what} is kept for two weeks`, (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: failedAt })
    const directory = mkdtempSync(join(tmpdir(), 'abandoned-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const configuration = outboxConfiguration(directory)
    const { rules } = configuration
    const spool = new Spool(configuration.spool)
    spool.prepare()
    const abandonedIn = (queue: Queue) =>
      new Abandoned({
        spool,
        queue,
        configuration: () => ({ ...configuration, rules: { ...rules, noticeTo: [] } }),
        send: () => {},
      })
    const queue = new Queue()
    const abandoned = abandonedIn(queue)
    const entry = storeMessage(
      { spool, queue },
      { id: entryId(failedAt, 'a'.repeat(12)), at: failedAt },
      { uid: 0, login: 'root' },
      {
        recipients: ['me@example.org'],
        message: Buffer.from('Subject: x\r\n\r\nx\r\n'),
        messageId: '<x@example.com>',
        subject: 'x',
      },
    )
    abandoned.abandon(entry, { reason: 'no', hint: '' })
    const failed = () => readdirSync(join(configuration.spool, 'failed'))
    const sweepAt = (at: number) => {
      t.mock.timers.setTime(at)
      // As after a start: what is known is in the spool.
      const found = new Queue()
      for (const stored of spool.read(() => false)) found.add(queueEntryOf(stored))
      abandonedIn(found).sweep()
      return failed()
    }
    assert.deepEqual(sweepAt(today + dayMs), [entry.id])
    assert.deepEqual(sweepAt(today + daysAfterFirstSweep * dayMs), [entry.id])
    assert.deepEqual(sweepAt(today + daysAfterFirstSweep * dayMs + 1), [])
  })
}
