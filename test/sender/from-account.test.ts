/** Whom a message is from that was stored for another account. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromAccount } from '../../src/sender/from-account.ts'

const [old, account] = ['old@example.com', 'new@example.net']

/** From as it is stored, with the address that the head names, and as it leaves. */
const cases: [stored: string, head: string | undefined, leaves: string][] = [
  [`From: host1 <${old}>`, old, `From: host1 <${account}>`],
  [`From: ${old}`, old, `From: ${account}`],
  [`From: "a, b (root on h)" <${old}>`, old, `From: "a, b (root on h)" <${account}>`],
  [
    `From: =?UTF-8?B?w6Q=?=\r\n =?UTF-8?B?w6Q=?= <${old}>`,
    old,
    `From: =?UTF-8?B?w6Q=?= =?UTF-8?B?w6Q=?= <${account}>`,
  ],
  // Of from_allowed, or stored before heads said it.
  [`From: shop <shop@example.com>`, old, `From: shop <shop@example.com>`],
  [`From: host1 <${old}>`, undefined, `From: host1 <${old}>`],
  [`From: host1 <${account}>`, account, `From: host1 <${account}>`],
]

function whole(field: string): Buffer {
  return Buffer.from(`To: me@example.org\r\n${field}\r\nX-A: ${old}\r\n\r\nFrom: ${old}\r\n`)
}

for (const [stored, from, leaves] of cases) {
  test(`"${stored}" leaves as "${leaves}"`, () => {
    const message = whole(stored)
    const head = {
      v: 1,
      id: 'i',
      at: 1,
      uid: 1,
      login: 'a',
      rcpt: ['me@example.org'],
      size: message.length,
      message_id: '<i@x>',
    }
    const made = fromAccount(
      { head: { ...head, ...(from !== undefined && { from }) }, message },
      account,
    )
    assert.equal(made.message.toString(), whole(leaves).toString())
    assert.equal(made.head.size, made.message.length)
  })
}
