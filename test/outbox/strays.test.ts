/** Files of a spool that were messages, and cannot be read: nobody may believe that they are on their way. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { QueueAnswer, SpoolCheck } from '../../src/messages/outbox-api.ts'
import { assertSentence } from '../support/golden.ts'
import { OutboxWorld } from './outbox-world.ts'

test('a message that cannot be read is said in the log and by doctor, with its path', async (t) => {
  const made = new OutboxWorld(t)
  await made.start(t)
  const id = (await made.submit('Subject: disk full\n\nAll of it.\n')).body['id'] as string
  const path = join(made.configuration.spool, 'new', id)
  writeFileSync(path, 'from a disk that has failed')
  made.said.length = 0
  await made.start(t)
  const [line] = (await made.waitFor('log', 1)).filter(({ event }) => event === 'outbox.stray')
  assert.equal(line?.fields.path, path)
  const { problem } = (await made.ask('GET', '/v1/check')).body['spool'] as SpoolCheck
  assertSentence(`${problem?.message}\n${problem?.hint}`, 'a stray', { path })
  assert.ok(existsSync(path))
})

test('a field that a newer version added costs no message, and none of its tries', async (t) => {
  const made = new OutboxWorld(t)
  await made.start(t)
  const id = (await made.submit('Subject: disk full\n\nAll of it.\n')).body['id'] as string
  const { spool } = made.configuration
  const path = join(spool, 'new', id)
  writeFileSync(path, readFileSync(path, 'utf8').replace('{"v":1,', '{"v":1,"added":{"to":1},'))
  const state = { tries: 3, reason: 'later', added: true }
  writeFileSync(join(spool, 'state', id), JSON.stringify(state), { mode: 0o600 })
  await made.start(t)
  const { messages } = (await made.ask('GET', '/v1/messages')).body as unknown as QueueAnswer
  assert.deepEqual(
    messages.map((message) => [message.id, message.tries, message.reason]),
    [[id, 3, 'later']],
  )
})

test('a message in the format of a newer version is said to be one', async (t) => {
  const made = new OutboxWorld(t)
  await made.start(t)
  const id = (await made.submit('Subject: disk full\n\nAll of it.\n')).body['id'] as string
  const path = join(made.configuration.spool, 'new', id)
  const whole = readFileSync(path, 'utf8').replace('{"v":1,', '{"v":2,')
  const other = `{"v":2,"id":"${id}","envelope":{"to":[]}}\nSubject: x\r\n\r\n`
  for (const text of [other, whole]) {
    writeFileSync(path, text)
    await made.start(t)
    const { problem } = (await made.ask('GET', '/v1/check')).body['spool'] as SpoolCheck
    assertSentence(`${problem?.message}\n${problem?.hint}`, 'a stray of a newer version', { path })
    assert.equal(readFileSync(path, 'utf8'), text)
  }
})
