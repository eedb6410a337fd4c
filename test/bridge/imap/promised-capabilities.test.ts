import assert from 'node:assert/strict'
import { test } from 'node:test'
import { promisedCapabilities } from '../../../src/bridge/imap/promised-capabilities.ts'

const office365 =
  'IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+'
const dovecot =
  'IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL- STARTTLS LOGINDISABLED UNAUTHENTICATE auth=x'

test('what a server says of its own login is not promised', () => {
  assert.deepEqual(
    promisedCapabilities(office365.split(' ')),
    'IMAP4 UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE'.split(' '),
  )
  assert.deepEqual(promisedCapabilities(dovecot.split(' ')), ['ID', 'ENABLE', 'IDLE'])
})

test('what would break the line of the greeting is left out, and no more than a hundred are kept', () => {
  const hostile = [
    'A]',
    'B\r\n* OK',
    'C"',
    'D E',
    'F{3}',
    '',
    '\u00e9',
    'x'.repeat(65),
    'QUOTA=RES-STORAGE',
  ]
  assert.deepEqual(promisedCapabilities(hostile), ['QUOTA=RES-STORAGE'])
  const many = Array.from({ length: 1_000 }, (_, index) => `X${index}`)
  assert.equal(promisedCapabilities(many).length, 100)
})
