import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseServer, writeServer } from '../../src/mail/mail-server.ts'

test('a server is read with the usual port of its protocol', () => {
  for (const [text, protocol, host, port, isImplicitTls] of [
    ['mail.example', 'SMTP', 'mail.example', 587, false],
    ['mail.example:465', 'SMTP', 'mail.example', 465, true],
    ['mail.example', 'IMAP', 'mail.example', 993, true],
    ['mail.example:143', 'IMAP', 'mail.example', 143, false],
    ['mail.example', 'POP', 'mail.example', 995, true],
    ['[::1]:2525', 'SMTP', '::1', 2525, false],
    ['[2001:db8::1]', 'POP', '2001:db8::1', 995, true],
  ] as const) {
    const server = parseServer(text, protocol)
    assert.deepEqual(server, { host, port, isImplicitTls })
    assert.deepEqual(parseServer(writeServer(server), protocol), server)
  }
})

for (const text of [
  '',
  ':587',
  'a b',
  'mail.example:0',
  'mail.example:65536',
  '::1',
  'a:b',
  'h\n:1',
]) {
  test(`no mail server is read out of ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseServer(text, 'IMAP'), {
      code: 'usage',
      message: `"${text}" is no mail server`,
      hint: 'write HOST or HOST:PORT, like outlook.office365.com:993, or [ADDRESS]:PORT for IPv6',
    })
  })
}
