import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { assertError, assertSentence } from '../support/golden.ts'
import type { MailStep } from '../support/mail-server.ts'
import { asked, greeting, inTls } from './smtp-steps.ts'
import { certificates, holdsToken, oauthbearer, tryLogin, xoauth2 } from './try-login.ts'

after(() => certificates.remove())

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
  assertSentence(error?.message, 'an IPv6 server is named in brackets')
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
  assertError(
    error,
    'mail_login_refused',
    'an error challenge is answered with an empty line, decoded and told',
  )
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

const refusals: [name: string, reply: string, code: string][] = [
  ['SMTP AUTH off', '535 5.7.139 SmtpClientAuthentication is disabled', 'mail_login_refused'],
  ['a wrong identity', '535 5.7.3 Authentication unsuccessful', 'mail_login_refused'],
  ['a wrong account', '535-5.7.8 Bad\r\n535 5.7.8 credentials', 'mail_login_refused'],
  ['a token near its end', '501 5.5.127 token expires', 'mail_login_refused'],
  ['a line that is too long', '555 5.5.2 Syntax error', 'mail_login_refused'],
  ['an unknown reason', '550 nothing known', 'mail_login_refused'],
  ['temporary trouble', '454 4.7.0 Temporary authentication failure', 'provider_unavailable'],
]

for (const [name, reply, code] of refusals) {
  test(`a refusal is explained: ${name}`, async (t) => {
    const steps: MailStep[] = [...asked(), { say: `${reply}\r\n` }]
    const { error } = await tryLogin(t, { protocol: 'SMTP', steps })
    assertError(error, code, `a refusal is explained: ${name}`)
    assert.ok(error?.message.includes(reply.slice(0, 3)), error?.message)
  })
}

for (const [capability, list] of [
  ['SIZE 1000', 'none'],
  ['AUTH PLAIN LOGIN', 'PLAIN, LOGIN'],
  ['AUTH \u001b[2J', '\\x1b[2J'],
] as const) {
  test(`a server that does not accept tokens is not asked to: ${list}`, async (t) => {
    const { error, received } = await tryLogin(t, { protocol: 'SMTP', steps: inTls(capability) })
    assert.equal(error?.code, 'mail_login_refused')
    assertSentence(error.message, `a server that does not accept tokens is not asked to: ${list}`, {
      list,
    })
    assert.doesNotMatch(error.hint, /SMTP AUTH/)
    assert.ok(!holdsToken(received))
  })
}

test('where SMTP AUTH is known, a server of Microsoft without a mechanism is told of it', async (t) => {
  const facts = { provider: 'microsoft' } as const
  const steps = inTls('SIZE 1000')
  const { error } = await tryLogin(t, { protocol: 'SMTP', steps, facts })
  assertSentence(
    error?.hint,
    'where SMTP AUTH is known, a server of Microsoft without a mechanism is told of it',
  )
})
