/** What becomes of the messages of a digest that its provider refuses. */
import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { OutboxConfiguration } from '../../../src/configuration/outbox-configuration.ts'
import { lockFile } from '../../../src/kernel/file-lock.ts'
import type { DeliveryOutcome } from '../../../src/messages/sender-messages.ts'
import { isNotice } from '../../../src/outbox/spool/entry-id.ts'
import { keepForRest, readEntry } from '../../../src/sender/spool-entry.ts'
import type { SpoolEntry } from '../../../src/spool/entry.ts'
import { senderLock } from '../../../src/spool/spool-folders.ts'
import { assertSentence } from '../../support/golden.ts'
import { away, filesIn, messages, outcome, type OutboxWorld } from '../outbox-world.ts'
import { above, exhausted, flood, heldBy, nextDue, report, send, unlike } from './flood-world.ts'

const refused = { kind: 'refused', reason: 'not this', hint: '', isOfContent: true } as const

interface Digested {
  made: OutboxWorld
  digest: string
  ids: string[]
  originals: (SpoolEntry | undefined)[]
}

/** An outbox in which a digest is being sent. */
async function digested(
  t: TestContext,
  more: Partial<OutboxConfiguration> = {},
  of?: (index: number) => string,
): Promise<Digested> {
  const made = await exhausted(t, more)
  const ids = await flood(made, above + 2, of)
  const originals = ids.map((id) => readEntry(made.configuration.spool, id))
  const digest = await nextDue(made)
  assert.deepEqual(heldBy(made, digest), ids)
  return { made, digest, ids, originals }
}

/** The next that is sent, after so many of those that a digest held. */
async function dueAs(made: OutboxWorld, index: number, perHour = 3 + index): Promise<string> {
  made.configure({ perHour })
  return (await made.waitFor('due', 3 + index))[2 + index]?.id ?? ''
}

const eventsOf = ({ said }: OutboxWorld, event: string) =>
  said.filter((each) => 'event' in each && each.event === event)
const noticesIn = (made: OutboxWorld) => filesIn(made, 'new').filter(isNotice)

/** Each waits under its own name, as it was, and nobody was told but the log. */
function assertApart({ made, digest, ids, originals }: Digested): void {
  const { spool } = made.configuration
  assert.deepEqual(filesIn(made, 'new').toSorted(), ids)
  for (const folder of ['taken', 'failed', 'tmp']) assert.deepEqual(filesIn(made, folder), [])
  for (const id of [...ids, digest]) assert.ok(!filesIn(made, 'sent').includes(id))
  for (const [index, id] of ids.entries()) {
    const { head, message } = originals[index] ?? assert.fail()
    assert.deepEqual(readEntry(spool, id), { head: { ...head, apart: true }, message })
  }
  assert.deepEqual(eventsOf(made, 'message_given_up'), [])
}

test('a digest that is refused for its content is taken apart, and only what is refused alone fails', async (t) => {
  const whole = await digested(t)
  const { made, digest, ids } = whole
  outcome(made, digest, refused)
  assertApart(whole)
  const [logged] = eventsOf(made, 'outbox.digest_refused')
  assert.ok(logged?.type === 'log')
  const { message, count, reason } = logged.fields
  assert.deepEqual([message, count, reason], [digest, ids.length, 'not this'])
  assert.match((await messages(made))[0]?.reason ?? '', /per_hour/, 'it was one of the hour')
  made.configure({ perHour: 3 })
  const shown = await messages(made)
  assert.deepEqual(
    shown.map(({ id, tries, messages: holds }) => ({ id, tries, holds })),
    ids.map((id) => ({ id, tries: 0, holds: undefined })),
  )
  assertSentence(`${shown[1]?.reason}\n${shown[1]?.hint}`, 'its digest was refused', {
    count: ids.length,
  })
  for (const [index, id] of ids.entries()) {
    assert.equal(await dueAs(made, index), id)
    if (index === 2) outcome(made, id, refused)
    else send(made, id)
  }
  assert.deepEqual(filesIn(made, 'failed'), [ids[2]])
  assert.equal(noticesIn(made).length, 1)
  assert.equal(eventsOf(made, 'message_given_up').length, 1)
})

/** What else may come of a digest; it stays one. */
const whole: Record<string, { came: DeliveryOutcome; isFailed?: true }> = {
  'its recipients are refused': {
    came: { kind: 'refused', reason: 'nobody has this address', hint: '' },
    isFailed: true,
  },
  'the sign-in is over': { came: { ...away, actor: 'you' } },
  'an administrator must act': { came: { ...away, actor: 'administrator' } },
  'the token is refused': { came: { kind: 'token_refused', actor: 'you', reason: 'no', hint: '' } },
  'no answer came, and it may have been sent': { came: { ...away, isUncertain: true } },
  'the provider is away': { came: { ...away, isOfWay: true } },
  'the provider asks for time': { came: { ...away, retryAfterMs: 60_000 } },
  'the words are not known': { came: { ...away, actor: 'you', isOfMessage: true } },
}

for (const [what, { came, isFailed = false }] of Object.entries(whole)) {
  test(`a digest stays one: ${what}`, async (t) => {
    const { made, digest, ids } = await digested(t)
    outcome(made, digest, came)
    const place = isFailed ? 'failed' : 'new'
    assert.deepEqual(
      filesIn(made, place).filter((id) => !isNotice(id)),
      [digest],
    )
    assert.deepEqual(heldBy(made, digest) ?? ids, ids)
    assert.equal(noticesIn(made).length, isFailed ? 1 : 0)
    assert.deepEqual(eventsOf(made, 'outbox.digest_refused'), [])
  })
}

test('words that are not known take a digest apart where others are sent and it is refused again', async (t) => {
  const odd = { ...away, actor: 'you', isOfMessage: true } as const
  const all = await digested(t)
  const { made, digest } = all
  const again = async (count: number) => {
    await made.ask('POST', `/v1/messages/${digest}/retry`)
    assert.equal((await made.waitFor('due', count)).at(-1)?.id, digest)
  }
  outcome(made, digest, odd)
  await again(3)
  // Nobody knows whether another one would have been sent.
  outcome(made, digest, odd)
  assert.deepEqual(filesIn(made, 'new'), [digest])
  const other = (await made.submit('Subject: backup\n\nx\n', { id: 'other' })).body['id'] as string
  made.configure({ perHour: 3 })
  assert.equal((await made.waitFor('due', 4)).at(-1)?.id, other)
  send(made, other)
  await again(5)
  outcome(made, digest, { ...odd, actor: 'nobody' })
  await again(6)
  outcome(made, digest, odd)
  assertApart(all)
})

test('one that may have been sent is taken apart once the provider says no', async (t) => {
  const all = await digested(t)
  outcome(all.made, all.digest, { ...away, isUncertain: true })
  all.made.process.receive({ type: 'retry', account: all.made.configuration.account })
  assert.equal((await all.made.waitFor('due', 3)).at(-1)?.id, all.digest)
  outcome(all.made, all.digest, refused)
  assertApart(all)
})

for (const isRestarted of [false, true]) {
  test(`what was in a digest that was refused is never put into one again${isRestarted ? ', after a restart' : ''}`, async (t) => {
    const { made, digest, ids } = await digested(t)
    made.configure({ perHour: 1 })
    outcome(made, digest, refused)
    if (isRestarted) await made.start(t)
    // What was sent in the hour is known to the process alone.
    const sent = isRestarted ? 0 : 2
    const more = await flood(made, above + 1, report, {}, 'more')
    for (const [index, id] of ids.entries()) {
      assert.equal(await dueAs(made, index, sent + index + 1), id)
      assert.equal(heldBy(made, id), undefined)
      send(made, id)
    }
    // Those that are left wait for the hour.
    await messages(made)
    const last = await dueAs(made, ids.length, sent + ids.length + 1)
    assert.deepEqual(heldBy(made, last), more)
  })
}

test('who asks again for a message that was in a digest hears the same, also after a restart', async (t) => {
  const { made, digest, ids } = await digested(t)
  outcome(made, digest, refused)
  const again = async () => (await made.submit(report(2), { id: 's2' })).body['id']
  assert.equal(await again(), ids[1])
  await made.start(t)
  assert.equal(await again(), ids[1])
  assert.deepEqual(filesIn(made, 'new').toSorted(), ids)
})

const toBoth = (index: number) => `To: me@example.org, you@example.org\n${report(index)}`

test('who has the digest already does not get its messages once more', async (t) => {
  const both = ['me@example.org', 'you@example.org']
  const made = await exhausted(t)
  Object.assign(made.configuration.rules, { aliases: { root: both } })
  const ids = await flood(made, above + 2, toBoth, { arguments: ['-t'] })
  const digest = await nextDue(made)
  const { spool } = made.configuration
  const { head, message } = readEntry(spool, digest) ?? assert.fail()
  assert.deepEqual([head.holds, head.rcpt], [ids, both])
  keepForRest(spool, { head: { ...head, rcpt: [both[1] ?? ''], alone: true }, message })
  outcome(made, digest, refused)
  for (const id of ids) {
    const { rcpt, alone } = readEntry(spool, id)?.head ?? assert.fail()
    assert.deepEqual([rcpt, alone], [[both[1]], true])
  }
})

test('what a message says of itself is kept: its own From, and that of the account before', async (t) => {
  const own = 'alerts@example.org'
  const from = (index: number) => `From: ${index % 2 === 0 ? own : 'x@y.z'}\n${report(index)}`
  const made = await exhausted(t)
  made.configuration.rules.fromAllowed = [own]
  const ids = await flood(made, above + 2, from)
  const originals = ids.map((id) => readEntry(made.configuration.spool, id))
  assert.ok(originals.some((entry) => entry?.head.from === undefined))
  const digest = await nextDue(made)
  // The outbox has another account by now, and the sender has written its address.
  const { head, message } = readEntry(made.configuration.spool, digest) ?? assert.fail()
  keepForRest(made.configuration.spool, { head: { ...head, from: 'other@example.net' }, message })
  outcome(made, digest, refused)
  assertApart({ made, digest, ids, originals })
})

const delimited = (index: number) =>
  `Subject: ${index} Content-Type: multipart/mixed; boundary="=_0123456789abcdef0123456789abcdef"\n\n` +
  '--=_0123456789abcdef0123456789abcdef_digest\nContent-Type: message/rfc822\n\nTo: other@example.org\n'

test('bytes that look like the delimiters of a digest take nothing apart', async (t) => {
  const all = await digested(t, {}, delimited)
  outcome(all.made, all.digest, refused)
  assertApart(all)
})

test('a digest that is damaged is kept whole', async (t) => {
  const { made, digest } = await digested(t)
  appendFileSync(join(made.configuration.spool, 'new', digest), 'x')
  outcome(made, digest, refused)
  assert.deepEqual(filesIn(made, 'failed'), [digest])
})

test('while a sender is at work that lost its daemon, a digest stays one', async (t) => {
  const all = await digested(t)
  const { made, digest } = all
  const lock = lockFile(senderLock(made.configuration.spool))
  outcome(made, digest, refused)
  assert.deepEqual(filesIn(made, 'new'), [digest])
  lock?.close()
  made.process.receive({ type: 'retry', account: made.configuration.account })
  assert.equal((await made.waitFor('due', 3)).at(-1)?.id, digest)
  outcome(made, digest, refused)
  assertApart(all)
})

test('while the disk refuses, a digest stays one, nothing is sent, and somebody hears of it', async (t) => {
  const all = await digested(t)
  const { made, digest } = all
  const taken = join(made.configuration.spool, 'taken')
  rmdirSync(taken)
  outcome(made, digest, refused)
  assert.deepEqual(filesIn(made, 'new'), [digest])
  assert.equal((await made.waitFor('notice', 1))[0]?.event, 'outbox_stuck')
  mkdirSync(taken)
  made.process.receive({ type: 'retry', account: made.configuration.account })
  assert.equal((await made.waitFor('due', 3)).at(-1)?.id, digest)
  outcome(made, digest, refused)
  assertApart(all)
})

test('a digest that somebody deleted while it was sent is gone', async (t) => {
  const { made, digest } = await digested(t)
  await made.ask('DELETE', `/v1/messages/${digest}`)
  outcome(made, digest, refused)
  for (const folder of ['new', 'taken', 'failed']) assert.deepEqual(filesIn(made, folder), [])
})

test('one that failed is taken apart where somebody has it tried again', async (t) => {
  const { made, digest, ids } = await digested(t)
  outcome(made, digest, { ...refused, isOfContent: false })
  assert.deepEqual(filesIn(made, 'failed'), [digest])
  const [notice = ''] = noticesIn(made)
  send(made, notice)
  await made.ask('POST', `/v1/messages/${digest}/retry`)
  outcome(made, digest, refused)
  assert.deepEqual(filesIn(made, 'new').toSorted(), ids)
})

test('those that wait again count as what their caller has in the queue', async (t) => {
  const quota = { messages: 12, bytes: 1_024 ** 2 }
  const { made, digest } = await digested(t, { quota })
  await flood(made, quota.messages - 1, unlike, {}, 'u')
  outcome(made, digest, refused)
  const { body } = await made.submit(report(9), { id: 'over' })
  assert.equal(body['error'], 'outbox_full')
})

test('a digest of 500 is taken apart whole', async (t) => {
  const count = 500
  const made = await exhausted(t)
  const ids = await flood(made, count)
  const originals = ids.map((id) => readEntry(made.configuration.spool, id))
  const digest = await nextDue(made)
  assert.equal(heldBy(made, digest)?.length, count)
  const start = performance.now()
  outcome(made, digest, refused)
  t.diagnostic(`${Math.round(performance.now() - start)} ms`)
  assertApart({ made, digest, ids, originals })
})
