/** A spool that somebody removes, moves or replaces while its outbox runs, and one that holds very much. */
import assert from 'node:assert/strict'
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { DeliveryOutcome } from '../../src/messages/sender-messages.ts'
import { away, mail, OutboxWorld } from './outbox-world.ts'

const ways: [what: string, act: (spool: string) => void][] = [
  ['removed', (spool) => rmSync(spool, { recursive: true })],
  ['moved', (spool) => renameSync(spool, `${spool}.old`)],
  [
    'emptied',
    (spool) => {
      for (const name of readdirSync(spool)) rmSync(join(spool, name), { recursive: true })
    },
  ],
]
for (const [what, act] of ways) {
  test(`a spool that is ${what} takes nothing, and is made again by a reload`, async (t) => {
    const made = new OutboxWorld(t)
    await made.start(t)
    const { spool } = made.configuration
    const id = (await made.submit(mail)).body['id'] as string
    await made.waitFor('due', 1)
    act(spool)
    const { status, body } = await made.submit(mail, { id: 's2' })
    assert.deepEqual([status, body['error']], [507, 'outbox_full'])
    assert.match(String(body['hint']), /cms-oauth reload/)
    const doctor = await made.ask('GET', '/v1/check')
    assert.match(JSON.stringify(doctor.body), /cms-oauth reload/)
    const settle = (outcome: DeliveryOutcome) =>
      made.process.receive({ type: 'outcome', outbox: 'outbox', id, outcome })
    settle(away)
    made.process.receive({
      type: 'configure',
      outboxes: [{ configuration: made.configuration, descriptors: [] }],
    })
    assert.equal((await made.submit(mail, { id: 's2' })).status, 200)
    settle({ kind: 'gone' })
    const lost = made.said.filter((each) => each.type === 'log' && each.event === 'outbox.lost')
    assert.equal(lost.length, 1)
  })
}

test('a spool that cannot be used at the start is said to who hands over, and used as soon as it can be', async (t) => {
  const made = new OutboxWorld(t)
  const { spool } = made.configuration
  writeFileSync(spool, '')
  await made.start(t)
  const [told] = (await made.waitFor('log', 1)).filter(({ event }) => event === 'outbox.unusable')
  assert.equal(told?.fields.path, spool)
  assert.equal((await made.submit(mail)).body['error'], 'outbox_full')
  assert.equal((await made.ask('GET', '/v1/messages')).status, 507)
  assert.equal((await made.ask('GET', '/v1/check')).status, 507)
  rmSync(spool)
  const { status, body } = await made.submit(mail)
  assert.equal(status, 200)
  assert.equal((await made.waitFor('due', 1))[0]?.id, body['id'])
})

test('a spool that is a file takes nothing', async (t) => {
  const made = new OutboxWorld(t)
  await made.start(t)
  const { spool } = made.configuration
  rmSync(spool, { recursive: true })
  writeFileSync(spool, '')
  assert.equal((await made.submit(mail)).body['error'], 'outbox_full')
})

test('a list that is longer than programs read has the oldest, and says how many more there are', async (t) => {
  const made = new OutboxWorld(t, { quota: { messages: 20_000, bytes: 1_024 ** 3 } })
  await made.start(t)
  const many = Array.from({ length: 450 }, (_, index) => `${'x'.repeat(60)}${index}@example.org`)
  const ids: string[] = []
  const rules = { ...made.configuration.rules, aliases: { root: many } }
  made.process.receive({
    type: 'configure',
    outboxes: [{ configuration: { ...made.configuration, rules }, descriptors: [] }],
  })
  for (let index = 0; index < 260; index++) {
    ids.push((await made.submit(mail, { id: `s${index}` })).body['id'] as string)
  }
  const { body } = await made.ask('GET', '/v1/messages')
  const listed = (body['messages'] as { id: string }[]).map(({ id }) => id)
  assert.deepEqual(listed, ids.slice(0, listed.length))
  assert.ok(listed.length > 100 && listed.length < 260)
  assert.equal(body['omitted'], 260 - listed.length)
  const last = ids.at(-1) ?? ''
  const one = await made.ask('GET', `/v1/messages/${last}`)
  assert.deepEqual(
    (one.body['messages'] as { id: string }[]).map(({ id }) => id),
    [last],
  )
  assert.equal((await made.ask('GET', '/v1/messages/0mx36bver-44eff617249b')).status, 400)
})
