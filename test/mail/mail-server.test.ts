import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseServer, writeServer } from '../../src/mail/mail-server.ts'
import { assertError, expectedError } from '../support/golden.ts'

test('a server is read with the usual port of its protocol', () => {
  for (const [text, protocol, host, port, isImplicitTls] of [
    ['mail.example', 'SMTP', 'mail.example', 587, false],
    ['mail.example:465', 'SMTP', 'mail.example', 465, true],
    ['mail.example', 'IMAP', 'mail.example', 993, true],
    ['mail.example:143', 'IMAP', 'mail.example', 143, false],
    ['mail.example', 'POP', 'mail.example', 995, true],
    ['[::1]:2525', 'SMTP', '::1', 2525, false],
    ['[2001:db8::1]', 'POP', '2001:db8::1', 995, true],
    ['mail.example:25', 'SMTP', 'mail.example', 25, false],
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
  'imaps://',
  'a:1/ssl',
  'a/b',
]) {
  test(`no mail server is read out of ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseServer(text, 'IMAP'),
      expectedError('usage', `no mail server is read out of ${JSON.stringify(text)}`, { text }),
    )
  })
}

test('what is written counts more than the port', () => {
  for (const [text, protocol, host, port, isImplicitTls] of [
    ['mail.example:2465/tls', 'SMTP', 'mail.example', 2465, true],
    ['mail.example:465/starttls', 'SMTP', 'mail.example', 465, false],
    ['smtps://mail.example:2465', 'SMTP', 'mail.example', 2465, true],
    ['SMTPS://mail.example', 'SMTP', 'mail.example', 465, true],
    ['smtp://mail.example/', 'SMTP', 'mail.example', 587, false],
    ['submissions://mail.example', 'SMTP', 'mail.example', 465, true],
    ['imaps://[::1]:1993/', 'IMAP', '::1', 1993, true],
    ['imap://mail.example', 'IMAP', 'mail.example', 143, false],
    ['pop3s://mail.example', 'POP', 'mail.example', 995, true],
    ['pop://mail.example', 'POP', 'mail.example', 110, false],
    ['mail.example:1995/TLS', 'POP', 'mail.example', 1995, true],
  ] as const) {
    assert.deepEqual(parseServer(text, protocol), { host, port, isImplicitTls }, text)
  }
})

test('of IMAP and POP on another port nothing tells whether TLS comes first', () => {
  const told = ['imap://a:1143', 'a:1143/starttls', 'a:1143/tls', 'a:143', 'a:993', 'a']
  for (const text of told) assert.equal(parseServer(text, 'IMAP').mayBeginWithTls, undefined, text)
  assert.equal(parseServer('a:1143', 'IMAP').mayBeginWithTls, true)
  assert.equal(parseServer('a:1110', 'POP').mayBeginWithTls, true)
  assert.equal(parseServer('a:1587', 'SMTP').mayBeginWithTls, undefined)
})

for (const [text, protocol, option] of [
  ['mail.example:993', 'SMTP', '--test-imap'],
  ['mail.example:143', 'POP', '--test-imap'],
  ['mail.example:995', 'IMAP', '--test-pop'],
  ['smtps://mail.example:110', 'SMTP', '--test-pop'],
  ['mail.example:587', 'IMAP', '--test-smtp'],
  ['mail.example:465/tls', 'POP', '--test-smtp'],
] as const) {
  test(`a port of another protocol is named at once: ${text} for ${protocol}`, () => {
    assert.throws(
      () => parseServer(text, protocol),
      (error: Error & { code: string; hint: string }) => {
        assertError(error, 'usage', `a port of another protocol: ${text} for ${protocol}`, {
          server: text,
          option,
        })
        return true
      },
    )
  })
}

for (const text of ['imaps://mail.example', 'https://mail.example', 'pop3://mail.example:587']) {
  test(`a URL of another protocol is not a submission server: ${text}`, () => {
    assert.throws(
      () => parseServer(text, 'SMTP'),
      expectedError('usage', `a URL of another protocol is not a submission server: ${text}`, {
        text,
      }),
    )
  })
}
