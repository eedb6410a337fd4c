import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { AuditedReplies } from '../../../src/daemon/socket/audited-replies.ts'
import { createLogger } from '../../../src/logging/logger.ts'

/** What happens, in order: the users in each write of the log, and each token that leaves. */
function recorded() {
  const events: string[] = []
  const log = createLogger({
    level: 'info',
    output: 'json',
    write: (text) =>
      events.push(
        `log ${Array.from(text.matchAll(/"user":"(\w)"/g), ([, user]) => user).join('')}`,
      ),
  })
  const replies = new AuditedReplies(log)
  const add = (user: string, isAlone: boolean) =>
    replies.add({ fields: { user }, send: () => events.push(`sent ${user}`) }, isAlone)
  return { events, add }
}

test('a token that nobody else waits beside leaves at once, after its line', () => {
  const { events, add } = recorded()
  add('a', true)
  add('b', true)
  assert.deepEqual(events, ['log a', 'sent a', 'log b', 'sent b'])
})

test('tokens of one turn leave together, after their lines in one write', async () => {
  const { events, add } = recorded()
  for (const user of ['a', 'b', 'c']) add(user, false)
  assert.deepEqual(events, [])
  await turn()
  assert.deepEqual(events, ['log abc', 'sent a', 'sent b', 'sent c'])
  add('d', false)
  await turn()
  assert.deepEqual(events.slice(4), ['log d', 'sent d'])
})

test('one who is alone in a turn that others began takes them along, once', async () => {
  const { events, add } = recorded()
  add('a', false)
  add('b', true)
  assert.deepEqual(events, ['log ab', 'sent a', 'sent b'])
  await turn()
  assert.deepEqual(events.length, 3)
})
