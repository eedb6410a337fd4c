import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { generate } from 'selfsigned'
import { createTestCertificates } from '../support/certificates.ts'
import type { MailStep } from '../support/mail-server.ts'
import {
  accessToken,
  certificates,
  holdsToken,
  oauthbearer,
  tryLogin,
  xoauth2,
} from './try-login.ts'

after(() => certificates.remove())

const greeting: MailStep[] = [{ say: '220 mail.example ESMTP\r\n' }, { hear: /^EHLO [\w.-]+$/ }]
const consent: MailStep[] = [
  ...greeting,
  { say: '250-mail.example\r\n250-SIZE 1000\r\n250 STARTTLS\r\n' },
  { hear: /^STARTTLS$/ },
]

function inTls(capability: string): MailStep[] {
  return [
    ...consent,
    { say: '220 go ahead\r\n' },
    { tls: true },
    { hear: /^EHLO / },
    { say: `250-mail.example\r\n250 ${capability}\r\n` },
  ]
}

function asked(mechanism = 'XOAUTH2'): MailStep[] {
  return [
    ...inTls(`AUTH ${mechanism}`),
    { hear: new RegExp(`^AUTH ${mechanism}$`) },
    { say: '334 \r\n' },
    { hear: /^[\w+/=]+$/ },
  ]
}

test('a login in two steps over STARTTLS ends with the accepting reply and QUIT', async (t) => {
  const steps: MailStep[] = [...asked(), { say: '235 2.7.0 Authentication successful\r\n' }]
  const { reply, transcript, received } = await tryLogin(t, { protocol: 'SMTP', steps })
  assert.deepEqual(reply, { code: '235', text: '2.7.0 Authentication successful' })
  assert.ok(received.includes(`AUTH XOAUTH2\r\n${xoauth2}\r\n`))
  assert.deepEqual(transcript.slice(-3), [
    'reply: 334 ',
    `send: [${xoauth2.length} characters, not shown]`,
    'reply: 235 2.7.0 Authentication successful',
  ])
  assert.ok(!holdsToken(transcript.join('\n')))
})

test('TLS from the first byte asks for no STARTTLS', async (t) => {
  const steps: MailStep[] = [
    ...greeting,
    { say: '250-mail.example\r\n250 AUTH=XOAUTH2 PLAIN\r\n' },
    { hear: /^AUTH XOAUTH2$/ },
    { say: '334\r\n' },
    { hear: /./ },
    { say: '235-2.7.0 Hello\r\n235 2.7.0 you\r\n' },
    { hear: /^QUIT$/ },
  ]
  const { reply } = await tryLogin(t, { protocol: 'SMTP', steps, isImplicitTls: true })
  assert.deepEqual(reply, { code: '235', text: '2.7.0 Hello\n2.7.0 you' })
})

// As far as TLS only: Node 22.23's own checkServerIdentity knows no IPv6 address.
test('an IPv6 server is named in brackets', async (t) => {
  const steps: MailStep[] = [{ say: '421 busy\r\n' }]
  const { error, transcript } = await tryLogin(t, { protocol: 'SMTP', steps, host: '::1' })
  assert.equal(error?.message, 'the server refused: 421 busy')
  assert.match(transcript[0] ?? '', /^connect: \[::1\]:\d+$/)
})

const challenge = btoa('{"status":"401","schemes":"bearer"}')

test('an error challenge is answered with an empty line, decoded and told', async (t) => {
  const steps: MailStep[] = [
    ...asked(),
    { say: `334 ${challenge}\r\n` },
    { hear: /^$/ },
    { say: '535 5.7.8 Username and Password not accepted\r\n' },
  ]
  const { error } = await tryLogin(t, { protocol: 'SMTP', steps })
  assert.equal(error?.code, 'mail_login_refused')
  assert.equal(
    error.message,
    'the server refused: 535 5.7.8 Username and Password not accepted; its challenge was {"status":"401","schemes":"bearer"}',
  )
  assert.match(error.hint, /for another account/)
})

test('OAUTHBEARER answers its challenge with ^A in base64', async (t) => {
  const steps: MailStep[] = [
    ...asked('OAUTHBEARER'),
    { say: `334 ${challenge}\r\n` },
    { hear: /^AQ==$/ },
    { say: '535 5.7.8 no\r\n' },
  ]
  const { error, received } = await tryLogin(t, { protocol: 'SMTP', steps })
  assert.equal(error?.code, 'mail_login_refused')
  assert.ok(received.includes(oauthbearer))
})

const refusals: [name: string, reply: string, code: string, hint: RegExp][] = [
  [
    'SMTP AUTH off',
    '535 5.7.139 SmtpClientAuthentication is disabled',
    'mail_login_refused',
    /administrator/,
  ],
  ['a wrong identity', '535 5.7.3 Authentication unsuccessful', 'mail_login_refused', /sasl_user/],
  [
    'a wrong account',
    '535-5.7.8 Bad\r\n535 5.7.8 credentials',
    'mail_login_refused',
    /another account/,
  ],
  [
    'a token near its end',
    '501 5.5.127 token expires',
    'mail_login_refused',
    /before_expiry = "20m"/,
  ],
  [
    'a line that is too long',
    '555 5.5.2 Syntax error',
    'mail_login_refused',
    /cut or encoded twice/,
  ],
  ['an unknown reason', '550 nothing known', 'mail_login_refused', /documentation of the provider/],
  [
    'trouble that passes',
    '454 4.7.0 Temporary authentication failure',
    'provider_unavailable',
    /again later/,
  ],
]

for (const [name, reply, code, hint] of refusals) {
  test(`a refusal is explained: ${name}`, async (t) => {
    const steps: MailStep[] = [...asked(), { say: `${reply}\r\n` }]
    const { error } = await tryLogin(t, { protocol: 'SMTP', steps })
    assert.equal(error?.code, code)
    assert.ok(error.message.startsWith(`the server refused: ${reply.slice(0, 3)}`), error.message)
    assert.match(error.hint, hint)
  })
}

/** What a server may do before it has proved who it is, and what comes of it. */
const hostile: [name: string, steps: MailStep[], code: string, message: RegExp][] = [
  [
    'no STARTTLS',
    [...greeting, { say: '250-x\r\n250 AUTH XOAUTH2\r\n' }],
    'mail_login_refused',
    /^the server offers no STARTTLS: the token was not sent$/,
  ],
  [
    'STARTTLS refused for now',
    [...consent, { say: '454 4.7.0 TLS not available\r\n' }],
    'provider_unavailable',
    /^the server refused: 454 4.7.0 TLS not available$/,
  ],
  [
    'a reply injected after the consent',
    [...consent, { say: '220 go\r\n250 AUTH XOAUTH2\r\n' }, { tls: true }],
    'mail_login_refused',
    /more than its consent before TLS/,
  ],
  [
    'a part of a line injected after the consent',
    [...consent, { say: '220 go\r\n2' }, { tls: true }],
    'mail_login_refused',
    /more than its consent before TLS/,
  ],
  [
    'plain text instead of the handshake',
    [...consent, { say: '220 go\r\n' }, { hear: /./ }],
    'provider_unavailable',
    /no answer in time$/,
  ],
  [
    'a challenge without AUTH',
    [{ say: '334 \r\n' }],
    'mail_login_refused',
    /^the server refused: 334$/,
  ],
  [
    'a code that runs on',
    [...consent, { say: '2200 go\r\n' }],
    'mail_login_refused',
    /^the server does not speak SMTP$/,
  ],
  [
    'another protocol',
    [{ say: 'HTTP/1.1 400 Bad Request\r\n' }],
    'mail_login_refused',
    /^the server does not speak SMTP$/,
  ],
  [
    'a busy greeting',
    [{ say: '421 4.3.2 busy\r\n' }],
    'provider_unavailable',
    /^the server refused: 421 4.3.2 busy$/,
  ],
  [
    'a line without end',
    [{ forever: 'x'.repeat(8_192) }],
    'mail_login_refused',
    /it says too much$/,
  ],
  [
    'lines without end',
    [{ forever: '220-more\r\n'.repeat(10) }],
    'mail_login_refused',
    /a reply without end$/,
  ],
  ['silence', [], 'provider_unavailable', /cannot be reached: no answer in time$/],
  [
    'a reset',
    [{ reset: true }],
    'provider_unavailable',
    /cannot be reached: ECONNRESET$|ended the connection$/,
  ],
  [
    'an end',
    [{ say: '220 x\r\n' }, { hear: /^EHLO/ }, { end: true }],
    'provider_unavailable',
    /ended the connection$/,
  ],
  [
    'an end after the consent',
    [...consent, { say: '220 go\r\n' }, { end: true }],
    'provider_unavailable',
    /cannot be reached: ECONNRESET$|ended the connection$/,
  ],
]

for (const [name, steps, code, message] of hostile) {
  test(`not a byte of the token leaves: ${name}`, async (t) => {
    const limitMs = /silence|plain text/.test(name) ? 300 : 10_000
    const { error, received } = await tryLogin(t, { protocol: 'SMTP', steps, limitMs })
    assert.equal(error?.code, code, error?.message)
    assert.match(error.message, message)
    assert.notEqual(error.hint, '')
    assert.ok(!holdsToken(received))
  })
}

async function certificateFor(name: string, validTo?: Date) {
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
    ...(validTo === undefined ? {} : { notBeforeDate: new Date(0), notAfterDate: validTo }),
  })
  return { key, cert }
}

for (const isImplicitTls of [false, true]) {
  const begun = isImplicitTls ? [] : [...consent, { say: '220 go\r\n' }, { tls: true as const }]
  const when = isImplicitTls ? 'at once' : 'after STARTTLS'
  const refused = async (
    t: Parameters<typeof tryLogin>[0],
    attempt: Partial<Parameters<typeof tryLogin>[1]>,
  ) => {
    const steps = [...begun, ...greeting]
    const outcome = await tryLogin(t, { protocol: 'SMTP', steps, isImplicitTls, ...attempt })
    assert.equal(outcome.error?.code, 'mail_login_refused', outcome.error?.message)
    assert.ok(!holdsToken(outcome.received))
    return { ...outcome, message: outcome.error.message, hint: outcome.error.hint }
  }

  test(`a certificate of nobody's authority is refused: TLS ${when}`, async (t) => {
    const shown = await certificateFor('localhost')
    const { message, hint, where } = await refused(t, { shown })
    assert.ok(message.startsWith(`the certificate of "${where}" does not hold: `), message)
    assert.match(hint, /NODE_EXTRA_CA_CERTS.*nothing was sent/)
  })

  test(`a certificate of another name is refused: TLS ${when}`, async (t) => {
    const other = await createTestCertificates({ names: ['other.example'] })
    t.after(() => other.remove())
    const { message, where } = await refused(t, { shown: other, ca: [other.ca] })
    assert.equal(
      message,
      `the certificate of "${where}" does not hold: ERR_TLS_CERT_ALTNAME_INVALID`,
    )
  })

  test(`an expired certificate is refused: TLS ${when}`, async (t) => {
    const shown = await certificateFor('localhost', new Date(86_400_000))
    const { message, where } = await refused(t, { shown, ca: [shown.cert] })
    assert.equal(message, `the certificate of "${where}" does not hold: CERT_HAS_EXPIRED`)
  })

  test(`TLS 1.1 is refused: TLS ${when}`, async (t) => {
    const { message, where } = await refused(t, { maxVersion: 'TLSv1.1', steps: begun })
    assert.ok(message.startsWith(`there is no TLS 1.2 with "${where}": `), message)
  })
}

test('a server that asks for more after its challenge gets nothing more', async (t) => {
  const steps: MailStep[] = [...asked(), { forever: '334 \r\n' }]
  const { error, received } = await tryLogin(t, { protocol: 'SMTP', steps })
  assert.equal(error?.message, 'the server refused: 334')
  assert.equal(received.split(xoauth2).length, 2)
})

for (const [capability, list] of [
  ['SIZE 1000', 'none'],
  ['AUTH PLAIN LOGIN', 'PLAIN, LOGIN'],
  ['AUTH \u001b[2J', '\\x1b[2J'],
] as const) {
  test(`a server that takes no token is not asked to: ${list}`, async (t) => {
    const { error, received } = await tryLogin(t, { protocol: 'SMTP', steps: inTls(capability) })
    assert.equal(error?.code, 'mail_login_refused')
    assert.equal(error.message, `the server takes no token; its mechanisms are: ${list}`)
    assert.ok(!holdsToken(received))
  })
}

test('a token that the server repeats is masked, whole, in part and in its challenge', async (t) => {
  const repeated = btoa(`{"token":"${accessToken}"}`)
  const steps: MailStep[] = [
    ...asked(),
    { say: `334 ${repeated}\r\n` },
    { hear: /^$/ },
    { say: `535 ${accessToken} ${xoauth2} ${xoauth2.slice(0, 40)} no\r\n` },
  ]
  const { error, transcript } = await tryLogin(t, { protocol: 'SMTP', steps })
  assert.equal(
    error?.message,
    'the server refused: 535 [secret] [secret] [secret] no; its challenge was {"token":"[secret]"}',
  )
  assert.ok(!holdsToken(transcript.join('\n')))
})

test('control characters never reach the terminal', async (t) => {
  const steps: MailStep[] = [...asked(), { say: '535 \u001b]0;x\u0007\u0000\u009b31m\r\n' }]
  const { error, transcript } = await tryLogin(t, { protocol: 'SMTP', steps })
  assert.equal(error?.message, 'the server refused: 535 \\x1b]0;x\\x07\\x00\\x9b31m')
  assert.match(transcript.join(''), /^[ -~]+$/)
})
