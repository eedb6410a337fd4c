/** Who may not send, and tries to: the operator hears of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NotPermittedError } from '../../src/errors.ts'
import type { FromOutbox } from '../../src/messages/outbox-messages.ts'
import { RefusedCallers } from '../../src/outbox/server/refused-callers.ts'
import { mail, outboxConfiguration, world } from './outbox-world.ts'

test('that somebody is refused is logged once an hour, counted, and shown to doctor', async (t) => {
  const made = await world(t, { allow: { users: [], groups: [] } })
  for (let count = 0; count < 3; count++) await made.submit(mail)
  const dialogue = await made.askForDialogue().rest()
  assert.match(dialogue, /^HTTP\/1\.1 403 /)
  const logged = made.said.filter((said) => said.type === 'log' && said.event.endsWith('_refused'))
  assert.equal(logged.length, 1)
  const [line] = logged
  assert.ok(line?.type === 'log' && line.level === 'warn')
  assert.deepEqual([line.event, line.fields.uid], ['outbox.caller_refused', process.getuid?.()])
  assert.match(line.fields.hint ?? '', /users of "allow"/)
  const { body } = await made.ask('GET', '/v1/check')
  const [one, ...others] = body['refused'] as { login: string; count: number }[]
  assert.deepEqual([one?.count, others], [4, []])
})

test('however many users are refused, the last hundred are known, each with one line', () => {
  const said: FromOutbox[] = []
  const configuration = outboxConfiguration('/nowhere')
  const callers = new RefusedCallers({ configuration }, (message) => said.push(message))
  const error = new NotPermittedError('no', { hint: 'do this' })
  for (let uid = 1; uid <= 300; uid++) {
    callers.note(uid, error)
    callers.note(uid, error)
  }
  assert.equal(said.length, 300)
  const counts = callers.list().map(({ count }) => count)
  assert.deepEqual(
    counts,
    Array.from({ length: 100 }, () => 2),
  )
})
