import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Audit } from '../../../src/daemon/audit.ts'
import { AuditedReplies } from '../../../src/daemon/socket/audited-replies.ts'
import type { AuditRule } from '../../../src/logging/log.ts'
import { createLogger } from '../../../src/logging/logger.ts'

const peer = { uid: 1_000, gid: 1_000, pid: process.pid }

/** What happens, in order: the users in each write of the log, and each token that leaves. */
function recorded({
  rule = 'counted',
  isFull = () => false,
}: { rule?: AuditRule; isFull?: () => boolean } = {}) {
  const events: string[] = []
  const write = (bytes: Uint8Array) => {
    if (isFull()) return 0
    const users = Array.from(String(bytes).matchAll(/"user":"(\w)"/g), ([, user]) => user)
    events.push(`log ${users.join('')}`)
    return bytes.length
  }
  const audit = new Audit(createLogger({ level: 'info', output: 'json', write }))
  audit.follow(rule)
  const replies = new AuditedReplies(audit)
  const add = (user: string, isAlone: boolean) =>
    replies.add(
      {
        granted: { user, protocol: 'SMTP', peer, isThere: () => true, fingerprint: 'abcd' },
        send: () => events.push(`sent ${user}`),
        refuse: () => events.push(`refused ${user}`),
      },
      isAlone,
    )
  return { events, add, audit }
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

test('what is one of a storm waits for no line: it is counted in one that comes later', async () => {
  const { events, add } = recorded()
  for (let count = 0; count < 100; count++) add('a', false)
  assert.deepEqual(new Set(events), new Set(['sent a']))
  assert.equal(events.length, 90)
  await turn()
  assert.deepEqual(events.slice(90, 92), ['log aaaaaaaaaa', 'sent a'])
  assert.equal(events.length, 101)
})

test('where lines are counted a token leaves though nobody takes its line', () => {
  const { events, add } = recorded({ isFull: () => true })
  add('a', true)
  assert.deepEqual(events, ['sent a'])
})

test('where lines are required it does not leave before they are taken again', async () => {
  let isFull = true
  const { events, add, audit } = recorded({ rule: 'required', isFull: () => isFull })
  const guarded = audit.guard({ serve: () => Promise.reject(new Error('asked')) })
  add('a', true)
  assert.deepEqual(events, ['refused a'])
  assert.throws(() => guarded.serve('a'), { code: 'daemon_unreachable' })
  isFull = false
  add('b', true)
  assert.deepEqual(events, ['refused a', 'log a', 'log b', 'sent b'])
  await assert.rejects(Promise.resolve(guarded.serve('a')), { message: 'asked' })
})

test('where lines are required each token has its own, in a storm too', () => {
  const { events, add } = recorded({ rule: 'required' })
  for (let count = 0; count < 100; count++) add('a', true)
  assert.equal(events.filter((event) => event === 'log a').length, 100)
})
