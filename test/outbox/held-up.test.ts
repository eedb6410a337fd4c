/** Whom a message that fails holds up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { away, delivered, mail, messages, outcome, world } from './outbox-world.ts'

test('a message that may have failed for what it is itself holds up nobody, unless others fail so too', async (t) => {
  const made = await world(t)
  const odd = { ...away, actor: 'you', reason: 'odd words', isOfMessage: true } as const
  const first = (await made.submit(mail)).body['id'] as string
  const second = (await made.submit(mail, { id: 's2' })).body['id'] as string
  const third = (await made.submit(mail, { id: 's3' })).body['id'] as string
  const due = async (count: number) => (await made.waitFor('due', count)).at(-1)?.id
  assert.equal(await due(1), first)
  outcome(made, first, odd)
  assert.equal(await due(2), second)
  const [waiting] = await messages(made)
  const waitMs = Date.parse(waiting?.next_try_at ?? '') - Date.now()
  assert.ok(waitMs > 3_200_000 && waitMs < 4_000_000, String(waitMs))
  outcome(made, second, delivered)
  assert.equal(await due(3), third)
  outcome(made, third, odd)
  const fourth = (await made.submit(mail, { id: 's4' })).body['id'] as string
  assert.equal(await due(4), fourth)
  // Two in a row: it is the account.
  outcome(made, fourth, odd)
  const fifth = (await made.submit(mail, { id: 's5' })).body['id'] as string
  assert.equal(made.said.filter(({ type }) => type === 'due').length, 4)
  // Who has not failed goes first then.
  made.process.receive({ type: 'retry', account: 'notify@example.com' })
  assert.equal(await due(5), fifth)
  const told = made.said.filter(({ type }) => type === 'notice')
  assert.deepEqual(
    told.map((notice) => 'event' in notice && notice.event),
    ['outbox_stuck', 'outbox_recovered', 'outbox_stuck'],
  )
  outcome(made, fifth, delivered)
  // It has waited for the account.
  assert.equal(await due(6), fourth)
  outcome(made, fourth, delivered)
  await made.ask('POST', `/v1/messages/${first}/retry`)
  assert.equal(await due(7), first)
})

test('where the message that failed is deleted, the others are tried at once', async (t) => {
  const made = await world(t)
  const id = (await made.submit(mail)).body['id'] as string
  const second = (await made.submit(mail, { id: 's2' })).body['id']
  const third = (await made.submit(mail, { id: 's3' })).body['id'] as string
  await made.waitFor('due', 1)
  outcome(made, id, { ...away, actor: 'you' })
  await made.ask('DELETE', `/v1/messages/${third}`)
  assert.equal(made.said.filter(({ type }) => type === 'due').length, 1)
  await made.ask('DELETE', `/v1/messages/${id}`)
  assert.equal((await made.waitFor('due', 2))[1]?.id, second)
})
