/** [[socket]] reply = "socketmap": what is taken, and how the rest is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { account, assertRefused, loadText } from './load-text.ts'

const socket = (keys: string) => `${account}[[socket]]\npath = "/s"\nreply = "socketmap"\n${keys}`

test('a map has one protocol, that of submission unless it says otherwise', () => {
  for (const [keys, protocol] of [
    ['', 'SMTP'],
    ['protocols = ["IMAP"]\n', 'IMAP'],
  ] as const) {
    const [made] = loadText(socket(keys)).sockets
    assert.deepEqual([made?.reply, made?.protocols], ['socketmap', [protocol]])
  }
})

test('a map for two protocols is refused', () => {
  assertRefused(socket('protocols = ["SMTP", "IMAP"]\n'), '8: key "protocols"', 'two protocols')
})
