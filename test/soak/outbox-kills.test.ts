/**
 * 500 times kill -9 of the daemon, of the outbox and of the sender, under eight programs that hand over one
 * message after the other: what was acknowledged arrives, and a second copy is there only of what the sender
 * had an answer for and not yet removed, with the same Message-ID. Takes a quarter of an hour.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runKills } from '../support/outbox-kills.ts'

test('200 kills while digests are made lose no message, and send none alone and in a digest', async (t) => {
  const run = { count: 200, submitters: 8, makesDigests: true }
  const { acknowledged, digested, duplicates } = await runKills(t, run)
  assert.ok(digested > 0)
  t.diagnostic(
    `${acknowledged} messages acknowledged, 0 lost, ${digested} in digests, ${duplicates} sent twice`,
  )
})

test('200 kills while every other digest is refused lose no message, and send none alone and in a digest', async (t) => {
  const run = { count: 200, submitters: 8, makesDigests: true, refusesDigests: true }
  const { acknowledged, digested, refused, duplicates } = await runKills(t, run)
  assert.ok(digested > 0 && refused > 0)
  t.diagnostic(
    `${acknowledged} messages acknowledged, 0 lost, ${digested} in digests, ${refused} digests refused, ${duplicates} messages sent twice`,
  )
})

test('500 kills of daemon, outbox and sender lose no message that was acknowledged', async (t) => {
  const { acknowledged, kept, duplicates, kills } = await runKills(t, { count: 500, submitters: 8 })
  const by = Object.entries(kills).map(([victim, count]) => `${count} of ${victim}`)
  t.diagnostic(`kills: ${by.join(', ')}`)
  t.diagnostic(`${acknowledged} messages acknowledged, 0 lost, ${duplicates} sent twice`)
  t.diagnostic(`${kept} kept by the client, which waits 10 s, and handed over by its next call`)
})
