import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QueueEntry } from '../../../src/outbox/queue/queue.ts'
import { shownEntry } from '../../../src/outbox/queue/shown-entry.ts'

const entry: QueueEntry = {
  id: '0mx2psa55-d6ffef36ce53',
  at: 0,
  uid: 0,
  login: 'root',
  recipients: ['me@example.org'],
  subject: 'backup',
  size: 300,
  state: 'waiting',
  tries: 1,
  triedMs: 0,
  sinceMs: 0,
  failuresInARow: 1,
  uncertainTries: 0,
  notBeforeMs: 0,
}
const own = { reason: 'its own', hint: 'correct it' }
const trouble = { reason: 'of the account', hint: 'sign in' }
const limit = 'more than per_hour messages of this user'

const rows: [string, Partial<QueueEntry>, Parameters<typeof shownEntry>[1], unknown[]][] = [
  ['not tried yet', {}, { ownMs: 0, limitMs: 0, accountMs: 0 }, [undefined, undefined]],
  ['tried', own, { ownMs: 0, limitMs: 0, accountMs: 0 }, ['its own', 'correct it']],
  [
    'not tried yet, as its account waits',
    {},
    { ownMs: 0, limitMs: 0, accountMs: 9, trouble },
    ['of the account', 'sign in'],
  ],
  [
    'tried, as its account waits for something else',
    own,
    { ownMs: 0, limitMs: 0, accountMs: 9, trouble },
    ['of the account', 'sign in'],
  ],
  [
    'nobody knows what ends it',
    own,
    { ownMs: 0, limitMs: 0, accountMs: 9, trouble: { ...trouble, hint: '' } },
    ['of the account', undefined],
  ],
  ['the hour is not over', own, { ownMs: 0, limitMs: 10, accountMs: 9, trouble }, [limit, 'raise']],
  [
    'the hour is over before the account may',
    {},
    { ownMs: 0, limitMs: 8, accountMs: 9, trouble },
    ['of the account', 'sign in'],
  ],
  [
    'it may have been sent, and waits alone',
    own,
    { ownMs: 10, limitMs: 8, accountMs: 9, trouble },
    ['its own', 'correct it'],
  ],
  [
    'abandoned',
    { ...own, state: 'failed' },
    { ownMs: 0, limitMs: 10, accountMs: 9, trouble },
    ['its own', 'correct it'],
  ],
]

for (const [what, of, waits, [reason, hint]] of rows) {
  test(`why a message is here, and what ends that: ${what}`, () => {
    const shown = shownEntry({ ...entry, ...of }, waits)
    assert.deepEqual([shown.reason, shown.hint?.slice(0, String(hint).length)], [reason, hint])
  })
}
