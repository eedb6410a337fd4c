/** Servers that are not what they should be, or want to know what they must not. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { assertError, assertSentence } from '../support/golden.ts'
import type { MailStep } from '../support/mail-server.ts'
import { asked, consent, greeting } from './smtp-steps.ts'
import { accessToken, certificates, holdsToken, tryLogin, xoauth2 } from './try-login.ts'

after(() => certificates.remove())

/** What a server may do before it has proved who it is, and what comes of it. */
const hostile: [name: string, steps: MailStep[], code: string][] = [
  ['no STARTTLS', [...greeting, { say: '250-x\r\n250 AUTH XOAUTH2\r\n' }], 'mail_login_refused'],
  [
    'STARTTLS refused for now',
    [...consent, { say: '454 4.7.0 TLS not available\r\n' }],
    'provider_unavailable',
  ],
  [
    'a reply injected after the consent',
    [...consent, { say: '220 go\r\n250 AUTH XOAUTH2\r\n' }, { tls: true }],
    'mail_login_refused',
  ],
  [
    'a part of a line injected after the consent',
    [...consent, { say: '220 go\r\n2' }, { tls: true }],
    'mail_login_refused',
  ],
  [
    'plain text instead of the handshake',
    [...consent, { say: '220 go\r\n' }, { hear: /./ }],
    'provider_unavailable',
  ],
  ['a challenge without AUTH', [{ say: '334 \r\n' }], 'mail_login_refused'],
  ['a code that runs on', [...consent, { say: '2200 go\r\n' }], 'mail_login_refused'],
  ['another protocol', [{ say: 'HTTP/1.1 400 Bad Request\r\n' }], 'mail_login_refused'],
  ['a busy greeting', [{ say: '421 4.3.2 busy\r\n' }], 'provider_unavailable'],
  ['a line without end', [{ forever: 'x'.repeat(8_192) }], 'mail_login_refused'],
  ['lines without end', [{ forever: '220-more\r\n'.repeat(10) }], 'mail_login_refused'],
  ['silence', [], 'provider_unavailable'],
  ['a reset', [{ reset: true }], 'provider_unavailable'],
  ['an end', [{ say: '220 x\r\n' }, { hear: /^EHLO/ }, { end: true }], 'provider_unavailable'],
  [
    'an end in the handshake',
    [...consent, { say: '220 go\r\n' }, { hearAnything: true }, { end: true }],
    'provider_unavailable',
  ],
  [
    'a reset in the handshake',
    [...consent, { say: '220 go\r\n' }, { hearAnything: true }, { reset: true }],
    'provider_unavailable',
  ],
]

for (const [name, steps, code] of hostile) {
  test(`not a byte of the token leaves: ${name}`, async (t) => {
    const limitMs = /silence|plain text/.test(name) ? 300 : 10_000
    const attempt = await tryLogin(t, { protocol: 'SMTP', steps, limitMs })
    const { error, received, where } = attempt
    const names = error?.message.includes(where) ? { where } : {}
    assertError(error, code, `not a byte of the token leaves: ${name}`, names)
    assert.notEqual(error?.hint, '')
    assert.ok(!holdsToken(received))
  })
}

test('a server that asks for more after its challenge gets nothing more', async (t) => {
  const steps: MailStep[] = [...asked(), { forever: '334 \r\n' }]
  const { error, received } = await tryLogin(t, { protocol: 'SMTP', steps })
  assertSentence(
    error?.message,
    'a server that asks for more after its challenge gets nothing more',
  )
  assert.equal(received.split(xoauth2).length, 2)
})

test('a token that the server repeats is masked, whole, in part and in its challenge', async (t) => {
  const repeated = btoa(`{"token":"${accessToken}"}`)
  const steps: MailStep[] = [
    ...asked(),
    { say: `334 ${repeated}\r\n` },
    { hear: /^$/ },
    { say: `535 ${accessToken} ${xoauth2} ${xoauth2.slice(0, 40)} no\r\n` },
  ]
  const { error, transcript } = await tryLogin(t, { protocol: 'SMTP', steps })
  assertSentence(
    error?.message,
    'a token that the server repeats is masked, whole, in part and in its challenge',
  )
  assert.ok(!holdsToken(transcript.join('\n')))
})

test('control characters never reach the terminal', async (t) => {
  const steps: MailStep[] = [...asked(), { say: '535 \u001b]0;x\u0007\u0000\u009b31m\r\n' }]
  const { error, transcript } = await tryLogin(t, { protocol: 'SMTP', steps })
  assertSentence(error?.message, 'control characters never reach the terminal')
  assert.match(transcript.join(''), /^[ -~]+$/)
})

test('silence in plain text says that the server may expect TLS from the start', async (t) => {
  const { error, transcript, where } = await tryLogin(t, {
    protocol: 'SMTP',
    steps: [],
    limitMs: 300,
    silenceMs: 50,
  })
  assertSentence(error?.hint, 'a server that is silent', { server: `${where}/tls` })
  assertSentence(transcript.at(-1), 'a server that is silent, as it is shown', {
    silence: '0.05 s',
    hint: error?.hint,
  })
})

for (const end of ['reset', 'end'] as const) {
  test(`a server that closes without a word may expect TLS too: ${end}`, async (t) => {
    const steps: MailStep[] = [end === 'reset' ? { reset: true } : { end: true }]
    const { error, where } = await tryLogin(t, { protocol: 'SMTP', steps })
    assertSentence(error?.hint, `a server that closes: ${end}`, { server: `${where}/tls` })
  })
}
