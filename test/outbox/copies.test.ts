/** What could arrive twice: a message that may have been sent, and one that is handed over again. */
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { DeliveryOutcome } from '../../src/messages/sender-messages.ts'
import { readEntry } from '../../src/sender/spool-entry.ts'
import { retireEntry } from '../../src/spool/spool-folders.ts'
import {
  away,
  delivered,
  filesIn,
  mail,
  messages,
  outcome,
  OutboxWorld,
  world,
} from './outbox-world.ts'

/** The minutes until a message is tried, to the nearest one. */
async function minutesToTry(made: OutboxWorld, id: string): Promise<number> {
  const shown = (await messages(made)).find((each) => each.id === id)
  return Math.round((Date.parse(shown?.next_try_at ?? '') - Date.now()) / 60_000)
}

test('what may have been sent is tried less and less often, and somebody is told, while others go', async (t) => {
  const made = await world(t, { retryMs: [1] })
  const maybe: DeliveryOutcome = { ...away, reason: 'no answer after it', isUncertain: true }
  const id = (await made.submit(mail)).body['id'] as string
  const other = (await made.submit(mail, { id: 's2' })).body['id'] as string
  await made.waitFor('due', 1)
  outcome(made, id, maybe)
  // One answer that was lost costs no time, and changes no order.
  assert.equal((await made.waitFor('due', 2)).at(-1)?.id, id)
  outcome(made, id, maybe)
  assert.equal((await made.waitFor('due', 3)).at(-1)?.id, other)
  assert.equal(await minutesToTry(made, id), 10)
  outcome(made, other, delivered)
  assert.equal(made.said.filter(({ type }) => type === 'notice').length, 0)
  outcome(made, id, maybe)
  assert.equal(await minutesToTry(made, id), 20)
  assert.deepEqual(
    (await made.waitFor('notice', 1)).map(({ event, reason }) => [event, reason]),
    [['outbox_stuck', 'no answer after it']],
  )
  const [shown] = await messages(made)
  assert.equal(shown?.reason, 'no answer after it')
  // A start of the outbox sends no copy at once, and does not wait for hours either.
  await made.start(t)
  assert.equal(await minutesToTry(made, id), 10)
  assert.equal((await made.waitFor('due', 4)).at(-1)?.id, other)
  outcome(made, other, delivered)
  // On a line that breaks again and again each time may be a copy.
  made.process.receive({ type: 'retry', account: 'notify@example.com', isWayOpen: true })
  assert.equal(await minutesToTry(made, id), 10)
})

test('what may have been sent is tried at once for who asks for it', async (t) => {
  const made = await world(t, { retryMs: [1] })
  const id = (await made.submit(mail)).body['id'] as string
  for (let tries = 1; tries <= 4; tries += 1) {
    await made.waitFor('due', tries)
    outcome(made, id, { ...away, isUncertain: true })
    await made.ask('POST', `/v1/messages/${id}/retry`)
  }
  await made.waitFor('due', 5)
})

test('who did not hear yes is answered the same weeks later, after a restart, though it was sent', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 10, 1) })
  const made = await world(t)
  const first = await made.submit(mail)
  const entry = readEntry(made.configuration.spool, first.body['id'] as string)
  assert.ok(entry !== undefined)
  retireEntry(made.configuration.spool, entry.head.id)
  const mark = join(made.configuration.spool, 'sent', entry.head.id)
  utimesSync(mark, Date.now() / 1_000, Date.now() / 1_000)
  t.mock.timers.setTime(Date.UTC(2026, 11, 2))
  await made.start(t)
  assert.deepEqual(await made.submit(mail), first)
  assert.deepEqual(filesIn(made, 'new'), [])
})

test('what comes back from a backup after it was sent is kept, and not sent again, until somebody asks', async (t) => {
  const made = await world(t)
  const { spool } = made.configuration
  const id = (await made.submit(mail)).body['id'] as string
  const backup = mkdtempSync(join(tmpdir(), 'backup-'))
  t.after(() => rmSync(backup, { recursive: true }))
  copyFileSync(join(spool, 'new', id), join(backup, id))
  const entry = readEntry(spool, id)
  assert.ok(entry !== undefined)
  retireEntry(spool, entry.head.id)
  copyFileSync(join(backup, id), join(spool, 'new', id))
  await made.start(t)
  const [shown] = await messages(made)
  assert.equal(shown?.state, 'failed')
  assert.match(shown.reason ?? '', /sent already/)
  assert.deepEqual([filesIn(made, 'new'), filesIn(made, 'failed')], [[], [id]])
  assert.equal(made.said.filter(({ type }) => type === 'notice').length, 0)
  await made.ask('POST', `/v1/messages/${id}/retry`)
  assert.equal((await made.waitFor('due', 2)).at(-1)?.id, id)
  await made.start(t)
  assert.deepEqual(filesIn(made, 'new'), [id])
})

test('who did not hear yes is answered the same after a restart, too, where some recipients were refused', async (t) => {
  const made = await world(t)
  const first = await made.submit(mail)
  await made.waitFor('due', 1)
  const refused = [{ recipient: 'nobody@example.com', reason: 'unknown' }]
  outcome(made, first.body['id'] as string, { kind: 'delivered', refused })
  await made.start(t)
  assert.deepEqual(await made.submit(mail), first)
  assert.deepEqual(filesIn(made, 'sent'), [first.body['id']])
})

test('what came back and cannot be set aside is not sent either', async (t) => {
  const made = await world(t)
  const { spool } = made.configuration
  const id = (await made.submit(mail)).body['id'] as string
  await made.waitFor('due', 1)
  copyFileSync(join(spool, 'new', id), join(spool, 'sent', id))
  mkdirSync(join(spool, 'failed', id))
  await made.start(t)
  const { log } = await made.waitFor('log', 2).then((said) => ({ log: said.at(-1) }))
  assert.equal(log?.event, 'outbox.unusable')
  await new Promise(setImmediate)
  assert.equal(made.said.filter(({ type }) => type === 'due').length, 1)
})
