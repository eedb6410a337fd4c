import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseMailboxes } from '../../../src/outbox/submission/parse-mailboxes.ts'

const lists: Record<string, [name: string, address: string][]> = {
  'root, B <b@x.org>': [
    ['', 'root'],
    ['B', 'b@x.org'],
  ],
  'root,alice,<b@x.org>': [
    ['', 'root'],
    ['', 'alice'],
    ['', 'b@x.org'],
  ],
  'a@x, root (Cron), c@x (C), bob': [
    ['', 'a@x'],
    ['Cron', 'root'],
    ['C', 'c@x'],
    ['', 'bob'],
  ],
  '"Doe, John" <j@x>, root': [
    ['Doe, John', 'j@x'],
    ['', 'root'],
  ],
  'J (Doe, John (the first)) <j@x>, root': [
    ['J', 'j@x'],
    ['', 'root'],
  ],
  'ops: root, B <b@x>;, c@x': [
    ['', 'root'],
    ['B', 'b@x'],
    ['', 'c@x'],
  ],
  'undisclosed-recipients:;': [],
  'A <a@[IPv6:::1]>, root': [
    ['A', 'a@[IPv6:::1]'],
    ['', 'root'],
  ],
  'A <@relay,@other:a@x>, root': [
    ['A', 'a@x'],
    ['', 'root'],
  ],
  '"a\\"b, c" <a@x>, root': [
    ['a"b, c', 'a@x'],
    ['', 'root'],
  ],
}

for (const [list, expected] of Object.entries(lists)) {
  test(`"${list}" names ${expected.length} mailboxes`, () => {
    assert.deepEqual(
      parseMailboxes(list).map(({ name, address }) => [name, address]),
      expected,
    )
  })
}

test('a list names who its parts name, whatever the other parts are', () => {
  const part = fc.constantFrom(
    'root',
    'a@x.org',
    '<b@x.org>',
    'B <b@x.org>',
    '"Doe, J" <j@x.org>',
    'root (Cron Daemon)',
    'c@x.org (a, (b), c)',
    'team: root, D <d@x.org>;',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      assert.deepEqual(
        parseMailboxes(parts.join(', ')),
        parts.flatMap((each) => parseMailboxes(each)),
      )
    }),
  )
})
