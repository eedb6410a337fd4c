import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  bytesInDigest,
  createDigest,
  type HeldMessage,
} from '../../../src/outbox/digest/create-digest.ts'
import { isPlain } from '../../../src/outbox/submission/plain-lines.ts'
import { assertSentence } from '../../support/golden.ts'
import { prepare, rules } from '../submission/prepare.ts'
import { readDigest } from './read-digest.ts'

function held(index: number, message: string): HeldMessage {
  const prepared = prepare({ message })
  const { subject, message: bytes } = prepared
  return { id: `id${index}`, at: Date.UTC(2026, 10, 29, 10, index), subject, message: bytes }
}

function digestOf(messages: readonly HeldMessage[]) {
  return createDigest({
    id: 'D1',
    at: Date.UTC(2026, 10, 29, 11),
    caller: { uid: 1002, login: 'alice' },
    host: 'host1',
    rules,
    recipients: ['me@example.org'],
    held: messages,
    boundary: '0123456789abcdef',
  })
}

/** What is between its delimiters, to the byte. */
function partsOf(message: Buffer): string[] {
  const [, ...parts] = message.toString('latin1').split('\r\n--=_0123456789abcdef_digest')
  return parts
    .slice(0, -1)
    .map((part) => part.replace(/^\r\nContent-Type: message\/rfc822\r\n\r\n/, ''))
}

test('a digest says who sent what and when, and has each message as it was', () => {
  const messages = [
    held(0, 'Subject: Grüße 1\n\nÄÖÜ\n'),
    held(1, 'no header at all\n'),
    held(2, 'Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n'),
  ]
  const { message, messageId, from, subject, recipients } = digestOf(messages)
  const read = readDigest(message)
  assert.deepEqual(read.defects, [])
  assert.deepEqual(read.types, ['multipart/mixed', 'text/plain', 'multipart/digest'])
  assert.deepEqual(read.partTypes, Array(3).fill('message/rfc822'))
  assert.deepEqual(read.subjects, ['Grüße 1', '', 's'])
  assert.deepEqual(
    partsOf(message),
    messages.map((each) => each.message.toString('latin1')),
  )
  const header = Object.fromEntries(read.header)
  assert.equal(header['To'], 'me@example.org')
  assert.equal(header['From'], '"alice (alice on host1)" <acct@gmail.com>')
  assert.equal(header['Date'], 'Sun, 29 Nov 2026 11:00:00 +0000')
  assert.equal(header['Message-ID'], '<D1@gmail.com>')
  assert.equal(header['Auto-Submitted'], 'auto-generated')
  assert.equal(header['X-Submitted-By'], 'alice@host1 (uid 1002)')
  assert.deepEqual(
    { messageId, from, subject, recipients },
    {
      messageId: '<D1@gmail.com>',
      from: 'acct@gmail.com',
      subject: '3 messages: Grüße 1',
      recipients: ['me@example.org'],
    },
  )
  const sizes = Object.fromEntries(
    messages.map((each, index) => [`size${index}`, each.message.length]),
  )
  assertSentence(read.text, 'the text of a digest', { user: 'alice', host: 'host1', ...sizes })
})

test('whatever it holds, a digest is ASCII in short lines of its own, and no larger than reckoned', () => {
  const line = fc.string({ unit: 'binary', maxLength: 90 })
  const whole = fc.record({ subject: line, body: fc.array(line, { maxLength: 8 }) })
  fc.assert(
    fc.property(fc.array(whole, { minLength: 2, maxLength: 6 }), (given) => {
      const messages = given.map(({ subject, body }, index) =>
        held(index, `Subject: ${subject}\n\n${body.join('\n')}\n`),
      )
      const { message } = digestOf(messages)
      assert.ok(isPlain(message, 999))
      assert.deepEqual(
        partsOf(message),
        messages.map((each) => each.message.toString('latin1')),
      )
      const reckoned = messages.reduce((sum, each) => sum + bytesInDigest(each), 4_096)
      assert.ok(message.length <= reckoned, `${message.length} > ${reckoned}`)
      const own = message.toString('latin1').split('_digest\r\n')[0] ?? ''
      for (const each of own.split('\r\n')) assert.ok(each.length <= 78, each)
    }),
  )
})
