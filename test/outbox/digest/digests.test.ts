/** When an outbox makes a digest, and when not. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { OutboxConfiguration } from '../../../src/configuration/outbox-configuration.ts'
import { lockFile } from '../../../src/kernel/file-lock.ts'
import { mostIds } from '../../../src/outbox/queue/accepted-ids.ts'
import { finishDigests, placeDigest } from '../../../src/outbox/spool/digest-steps.ts'
import { entryId, isDigest } from '../../../src/outbox/spool/entry-id.ts'
import { atOnce } from '../../../src/outbox/spool/in-steps.ts'
import { readEntry } from '../../../src/sender/spool-entry.ts'
import { parseEntryHead } from '../../../src/spool/entry.ts'
import { senderLock } from '../../../src/spool/spool-folders.ts'
import { away, filesIn, messages, outcome, world } from '../outbox-world.ts'
import { above, exhausted, flood, heldBy, nextDue, report, send, unlike } from './flood-world.ts'

const large = (index: number) => `${report(index)}${'all of it, to the last byte\n'.repeat(600)}`

test('a flood of one caller becomes one mail when one may be sent again', async (t) => {
  const made = await exhausted(t)
  const ids = await flood(made, above + 1)
  assert.deepEqual(filesIn(made, 'new').toSorted(), ids)
  const texts = ids.map((id) => readEntry(made.configuration.spool, id)?.message ?? Buffer.alloc(0))
  const digest = await nextDue(made)
  assert.ok(isDigest(digest))
  assert.deepEqual(heldBy(made, digest), ids)
  assert.deepEqual([filesIn(made, 'new'), filesIn(made, 'taken')], [[digest], []])
  const whole = readFileSync(join(made.configuration.spool, 'new', digest))
  for (const text of texts) assert.ok(whole.includes(text))
  const [shown, ...others] = await messages(made)
  assert.deepEqual(others, [])
  assert.equal(shown?.messages, above + 1)
  assert.equal(shown?.subject, `${above + 1} messages: disk 1 is full`)
  assert.deepEqual(shown?.recipients, ['me@example.org'])
  const logged = made.said.flatMap((said) =>
    said.type === 'log' && said.event === 'outbox.digested' ? [said.fields.message] : [],
  )
  assert.deepEqual(logged, ids)
  send(made, digest)
  assert.deepEqual(await messages(made), [])
})

test('a digest is one message of the hour', async (t) => {
  const made = await exhausted(t)
  await flood(made, above + 1)
  const digest = await nextDue(made)
  send(made, digest)
  await made.submit(report(9), { id: 'later' })
  const [waiting] = await messages(made)
  assert.match(waiting?.reason ?? '', /per_hour/)
})

test('who asks again for a message that is in a digest hears the same, also after a crash', async (t) => {
  const made = await exhausted(t)
  const [first = ''] = await flood(made, above + 1)
  const digest = await nextDue(made)
  const again = async () => (await made.submit(report(1), { id: 's1' })).body['id']
  assert.equal(await again(), first)
  await made.start(t)
  assert.equal(await again(), first)
  assert.deepEqual(filesIn(made, 'new'), [digest])
  // A full disk may have no room for the name of what was sent.
  rmSync(join(made.configuration.spool, 'sent', first))
  await made.start(t)
  assert.equal(await again(), first)
  send(made, digest)
  assert.equal(await again(), first)
})

test('however many were sent since, who asks again for what waits in a digest hears the same', async (t) => {
  const made = await exhausted(t)
  const [first = ''] = await flood(made, above + 1)
  const digest = await nextDue(made)
  for (let index = 1; index <= mostIds; index++) {
    const id = entryId(Date.now() + index, index.toString(16).padStart(12, '0'))
    writeFileSync(join(made.configuration.spool, 'sent', id), '')
  }
  await made.start(t)
  assert.equal((await made.submit(report(1), { id: 's1' })).body['id'], first)
  assert.deepEqual(filesIn(made, 'new'), [digest])
})

test('the quota of a caller has one message in place of those of a digest', async (t) => {
  const made = await exhausted(t, { quota: { messages: above + 2, bytes: 1_024 ** 2 } })
  await flood(made, above + 1)
  await flood(made, 1, unlike, {}, 'u')
  await nextDue(made)
  for (const id of ['a', 'b', 'c']) assert.equal((await made.submit(report(9), { id })).status, 200)
  assert.notEqual((await made.submit(report(8), { id: 'd' })).status, 200)
})

test('a flood of one kind leaves room for other mail of its caller: digests are made of it as it comes', async (t) => {
  const made = await exhausted(t, { quota: { messages: 20, bytes: 1_024 ** 2 } })
  const ids = await flood(made, 100)
  const other = (await made.submit('Subject: backup\n\nx\n', { id: 'other' })).body['id']
  assert.ok(filesIn(made, 'new').includes(String(other)))
  const waiting = filesIn(made, 'new').toSorted()
  const held = waiting.flatMap((id) => heldBy(made, id) ?? (id === other ? [] : [id]))
  assert.deepEqual(held.toSorted(), ids)
  assert.ok(waiting.length <= 20)
  for (const id of waiting) assert.notEqual(heldBy(made, id)?.length, 1)
})

test('mail that is not alike is refused where the quota is full, as is a flood that waits for its provider', async (t) => {
  const made = await exhausted(t, { quota: { messages: 8, bytes: 1_024 ** 2 } })
  await flood(made, 8, unlike)
  assert.equal((await made.submit(unlike(9), { id: 'over' })).body['error'], 'outbox_full')
  const other = await world(t, { digestAbove: above, quota: { messages: 8, bytes: 1_024 ** 2 } })
  const [first = ''] = await flood(other, 1)
  outcome(other, first, away)
  await flood(other, 7, report, {}, 'more')
  assert.equal((await other.submit(report(9), { id: 'over' })).body['error'], 'outbox_full')
})

test('a flood that comes at once is put into digests before the first of it is sent', async (t) => {
  const more = { perHour: 3, digestAbove: above, quota: { messages: 20, bytes: 1_024 ** 2 } }
  const made = await world(t, more)
  const ids = await flood(made, 100)
  const waiting = filesIn(made, 'new').toSorted()
  assert.deepEqual(waiting.flatMap((id) => heldBy(made, id) ?? [id]).toSorted(), ids)
  // What may be sent in this hour is.
  for (const id of ids.slice(0, 3)) assert.ok(waiting.includes(id))
})

test('what is on its way gets into no digest', async (t) => {
  const made = await exhausted(t, { quota: { messages: 20, bytes: 1_024 ** 2 } })
  const [first = ''] = await flood(made, 1)
  assert.equal(await nextDue(made), first)
  made.configure({ perHour: 1 })
  const more = await flood(made, 30, report, {}, 'more')
  const held = filesIn(made, 'new').flatMap((id) => heldBy(made, id) ?? [])
  assert.ok(held.length > 0 && !held.includes(first))
  assert.ok(filesIn(made, 'new').includes(first) && held.every((id) => more.includes(id)))
})

/** What is never put into a digest. */
const alone: Record<
  string,
  {
    more?: Partial<OutboxConfiguration>
    rules?: Partial<OutboxConfiguration['rules']>
    of?: (index: number) => string
    head?: object
    count?: number
  }
> = {
  'no more than "digest_above"': { count: above },
  'whatever waits, with digest_above = 0': { more: { digestAbove: 0 }, count: 30 },
  'subjects that are not alike': {
    of: (index) => `Subject: ${'abcdefg'[index]} stopped\n\nx\n`,
    count: 6,
  },
  'letters to somebody else, though the outbox may write to anybody': {
    rules: { recipients: ['*'] },
    head: { arguments: ['friend@example.net'] },
  },
  'letters to somebody else and to root': {
    rules: { recipients: ['*'] },
    of: (index) => `To: root, friend@example.net\nSubject: disk ${index} is full\n\nx\n`,
    head: { arguments: ['-t'] },
  },
  'the 25 patches of git send-email to the address of root, one after the other': {
    of: (index) =>
      `From: A <a@x.org>\nTo: me@example.org\nSubject: [PATCH ${index}/25] outbox: do it\n` +
      `Message-ID: <${index}@x.org>\nX-Mailer: git-send-email 2.39.2\nIn-Reply-To: <1@x.org>\nReferences: <1@x.org>\n\n---\n`,
    count: 25,
  },
  'the 25 patches, with --no-thread, --no-numbered, --no-xmailer': {
    of: (index) => `To: me@example.org\nSubject: [PATCH] fix bug ${index}\n\n---\n`,
    count: 25,
  },
  'the 25 patches with another prefix, with --no-thread and --no-xmailer': {
    of: (index) => `To: me@example.org\nSubject: [RFC v2 ${index}/25] fix bug\n\n---\n`,
    count: 25,
  },
  'the 25 patches without any prefix and number': {
    of: (index) =>
      `To: me@example.org\nSubject: fix bug ${index}\nX-Mailer: git-send-email 2.39.2\n\n---\n`,
    count: 25,
  },
  'two people who are hidden from each other': {
    rules: { aliases: { root: ['me@example.org', 'you@example.org'] } },
  },
}

for (const [what, { more, rules, of, head, count = above + 2 }] of Object.entries(alone)) {
  test(`each is sent on its own: ${what}`, async (t) => {
    const made = await exhausted(t)
    const { configuration } = made
    Object.assign(configuration, more)
    Object.assign(configuration.rules, rules)
    made.configure({})
    const ids = await flood(made, count, of, head)
    for (const [index, id] of ids.entries()) {
      assert.equal(await nextDue(made, 2 + index), id)
      assert.equal(heldBy(made, id), undefined)
      send(made, id)
    }
    assert.deepEqual(await messages(made), [])
  })
}

test('mail that waits for its provider, and not for the hour, is sent message by message', async (t) => {
  const made = await world(t, { digestAbove: above })
  const ids = await flood(made, 8)
  outcome(made, ids[0] ?? '', away)
  made.process.receive({ type: 'retry', account: made.configuration.account })
  assert.equal((await made.waitFor('due', 2))[1]?.id, ids[0])
  send(made, ids[0] ?? '')
  assert.equal((await made.waitFor('due', 3))[2]?.id, ids[1])
})

test('one that was tried already goes as it is', async (t) => {
  const made = await exhausted(t)
  const [tried = ''] = await flood(made, 1, report, { id: 'tried' })
  assert.equal(await nextDue(made), tried)
  outcome(made, tried, { ...away, isUncertain: true })
  made.configure({ perHour: 1 })
  made.process.receive({ type: 'retry', account: made.configuration.account })
  const ids = await flood(made, above + 1)
  assert.equal(await nextDue(made), tried)
  send(made, tried)
  assert.deepEqual(heldBy(made, await nextDue(made, 3)), ids)
})

test('messages to others, of another kind or of nobody in particular are not mixed in', async (t) => {
  const made = await exhausted(t)
  made.configuration.rules.aliases = { root: ['me@example.org'], you: ['you@example.org'] }
  const ids = await flood(made, above + 1)
  const other = (await made.submit('Subject: backup\n\nx\n', { id: 'other' })).body['id']
  const yours = (await made.submit(report(7), { id: 'you', arguments: ['you'] })).body['id']
  const digest = await nextDue(made)
  assert.deepEqual(heldBy(made, digest), ids)
  assert.deepEqual(new Set(filesIn(made, 'new')), new Set([digest, other, yours]))
})

test('what does not fit into one digest gets into the next, or is sent on its own', async (t) => {
  const made = await exhausted(t)
  made.configuration.rules.maxSize = 64 * 1_024
  const ids = await flood(made, 9, large)
  const sent: string[] = []
  for (let perHour = 2; sent.length < ids.length; perHour++) {
    const id = await nextDue(made, perHour)
    const { size = 0, holds = [id] } = readEntry(made.configuration.spool, id)?.head ?? {}
    assert.ok(size <= 64 * 1_024)
    sent.push(...holds)
    send(made, id)
  }
  assert.deepEqual(sent, ids)
  const digests = filesIn(made, 'sent').filter(isDigest)
  assert.ok(digests.length >= 2, String(digests))
})

test('while a sender is at work that lost its daemon, nothing is taken from it', async (t) => {
  const made = await exhausted(t)
  const ids = await flood(made, above + 1)
  const lock = lockFile(senderLock(made.configuration.spool))
  assert.equal(await nextDue(made), ids[0])
  lock?.close()
})

test('a digest that was begun is ended before anything is sent', async (t) => {
  const made = await exhausted(t)
  const ids = await flood(made, above + 1)
  const { spool } = made.configuration
  const [first] = ids.map((id) => readEntry(spool, id))
  assert.ok(first !== undefined)
  const digest = entryId(1, 'ba9876543210', 'digest')
  atOnce(placeDigest(spool, { ...first.head, id: digest, holds: ids }, first.message))
  assert.deepEqual(filesIn(made, 'taken').toSorted(), ids)
  const lock = lockFile(senderLock(spool))
  const before = made.said.length
  await made.start(t)
  // The sender that holds the lock may be one that has lost its daemon.
  assert.equal((await made.submit(report(1), { id: 's1' })).body['id'], ids[0])
  await made.waitFor(
    'state',
    made.said.slice(0, before).filter(({ type }) => type === 'state').length + 1,
  )
  assert.ok(!made.said.slice(before).some(({ type }) => type === 'due'))
  lock?.close()
  const due = await made.waitFor('due', made.said.filter(({ type }) => type === 'due').length + 1)
  assert.equal(due.at(-1)?.id, digest)
  assert.deepEqual([filesIn(made, 'new'), filesIn(made, 'taken')], [[digest], []])
  assert.deepEqual(
    (await messages(made)).map(({ id }) => id),
    [digest],
  )
})

test('while the disk refuses to end a digest nothing is sent, and the log says so', async (t) => {
  const made = await exhausted(t)
  const ids = await flood(made, above + 1)
  const taken = join(made.configuration.spool, 'taken')
  const isTold = () =>
    made.said.some((said) => said.type === 'log' && said.event === 'outbox.unusable')
  made.configure({ perHour: 2 })
  rmdirSync(taken)
  for (let count = 1; !isTold(); count++) await made.waitFor('log', count)
  const dues = () => made.said.filter(({ type }) => type === 'due').length
  assert.equal(dues(), 1)
  assert.deepEqual(filesIn(made, 'new').toSorted(), ids)
  mkdirSync(taken)
  assert.deepEqual(heldBy(made, (await made.waitFor('due', 2))[1]?.id ?? ''), ids)
})

test('a digest that is refused for good is kept, told of, and sent as it is when somebody asks', async (t) => {
  const made = await exhausted(t)
  const ids = await flood(made, above + 1)
  const digest = await nextDue(made)
  outcome(made, digest, { kind: 'refused', reason: 'no', hint: '' })
  assert.deepEqual(filesIn(made, 'failed'), [digest])
  await made.start(t)
  assert.deepEqual(filesIn(made, 'failed'), [digest])
  const bytes = readFileSync(join(made.configuration.spool, 'failed', digest))
  const head = parseEntryHead(bytes)
  assert.deepEqual(head?.holds, ids)
  await made.ask('POST', `/v1/messages/${digest}/retry`)
  assert.ok(filesIn(made, 'new').includes(digest))
  assert.equal((await made.ask('DELETE', `/v1/messages/${digest}`)).status, 200)
  assert.ok(!filesIn(made, 'new').includes(digest))
  assert.deepEqual(atOnce(finishDigests(made.configuration.spool)).returned, [])
})
