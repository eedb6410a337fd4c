import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNotice } from '../../../src/outbox/submission/notice.ts'
import { readMails } from './python-mail.ts'

test('a notice says whose message it was, why it was not sent, and how it begins', () => {
  const about = {
    login: 'alice',
    uid: 1002,
    recipients: ['a@x.org'],
    subject: 'Grüße',
    size: 12,
    acceptedAt: 0,
    message: Buffer.from('Subject: s\r\n\r\nthe text\r\n'),
  }
  const notice = createNotice({
    id: 'N1',
    at: 0,
    from: 'acct@gmail.com',
    to: ['me@example.org'],
    host: 'host1',
    about,
    reason: '550 no such user',
    hint: 'check the address',
  })
  const [read] = readMails([notice.message])
  assert.deepEqual(read?.recipients, ['me@example.org'])
  assert.equal(read?.subject, 'not sent: Grüße')
  for (const text of [
    'alice (uid 1002) on host1',
    '550 no such user',
    'check the address',
    'a@x.org',
    'the text',
    '12 bytes',
  ]) {
    assert.ok(read?.bodies[0]?.includes(text), text)
  }
})
