/**
 * An outage of an hour, with a message a minute by each way: every caller hears yes, and all are with the
 * provider within a minute of its end, in order, one after the other, without a command.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { assertAllSentInOrder, sendAll, startOutage, ways } from '../support/outage.ts'

const minutes = 60
const limitMs = 60_000

describe(`an outage of ${minutes} minutes`, { concurrency: true }, () => {
  for (const via of ways) {
    test(via, async (t) => {
      const outage = await startOutage(t, via)
      const subjects: string[] = []
      await outage.gate.set('refuses')
      while (subjects.length < minutes) {
        const subject = `minute ${subjects.length}`
        await sendAll(outage, [subject])
        subjects.push(subject)
        await delay(60_000)
      }
      const opened = performance.now()
      await outage.gate.set('open')
      await assertAllSentInOrder(outage, subjects)
      const tookMs = performance.now() - opened
      t.diagnostic(
        `${subjects.length} messages, the last ${(tookMs / 1_000).toFixed(1)} s after its end`,
      )
      assert.ok(tookMs < limitMs, `${tookMs} ms`)
    })
  }
})
