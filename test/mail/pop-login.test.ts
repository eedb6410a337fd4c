import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { MailStep } from '../support/mail-server.ts'
import { certificates, holdsToken, tryLogin, xoauth2 } from './try-login.ts'

after(() => certificates.remove())

const greeting: MailStep[] = [{ say: '+OK ready\r\n' }]
const capable: MailStep[] = [
  { hear: /^CAPA$/ },
  { say: '+OK list\r\nTOP\r\nSASL PLAIN XOAUTH2\r\n.\r\n' },
  { hear: /^AUTH XOAUTH2$/ },
]
const asked: MailStep[] = [...greeting, ...capable, { say: '+ \r\n' }, { hear: /^[\w+/=]+$/ }]

function pop(steps: MailStep[], isImplicitTls = true) {
  return { protocol: 'POP' as const, steps, isImplicitTls }
}

test('a login ends with the accepting reply and QUIT', async (t) => {
  const steps: MailStep[] = [...asked, { say: '+OK User successfully authenticated.\r\n' }]
  const { reply, received, transcript } = await tryLogin(t, pop(steps))
  assert.deepEqual(reply, { code: '+OK', text: 'User successfully authenticated.' })
  assert.ok(received.includes(xoauth2))
  assert.ok(!holdsToken(transcript.join('\n')))
})

test('STLS comes first where the port does not begin with TLS', async (t) => {
  const steps: MailStep[] = [
    ...greeting,
    { hear: /^STLS$/ },
    { say: '+OK go\r\n' },
    { tls: true },
    ...capable,
    { say: '+\r\n' },
    { hear: /./ },
    { say: '+OK\r\n' },
  ]
  const { reply } = await tryLogin(t, pop(steps, false))
  assert.deepEqual(reply, { code: '+OK', text: '' })
})

const refusals: [name: string, steps: MailStep[], code: string, message: string, hint: RegExp][] = [
  [
    'a token that is not taken',
    [...asked, { say: '-ERR Authentication failure: bad\r\n' }],
    'mail_login_refused',
    'AUTH -ERR Authentication failure: bad',
    /compare --user/,
  ],
  [
    'a challenge first',
    [
      ...asked,
      { say: `+ ${btoa('{"status":"400"}')}\r\n` },
      { hear: /^$/ },
      { say: '-ERR [AUTH] no\r\n' },
    ],
    'mail_login_refused',
    'AUTH -ERR [AUTH] no; its challenge was {"status":"400"}',
    /compare --user/,
  ],
  [
    'trouble that passes',
    [...asked, { say: '-ERR [SYS/TEMP] later\r\n' }],
    'provider_unavailable',
    'AUTH -ERR [SYS/TEMP] later',
    /: try again in 5 minutes$/,
  ],
]

for (const [name, steps, code, said, hint] of refusals) {
  test(`a refusal is explained: ${name}`, async (t) => {
    const { error } = await tryLogin(t, pop(steps))
    assert.equal(error?.code, code)
    assert.equal(error.message, `the server refused: ${said}`)
    assert.match(error.hint, hint)
  })
}

for (const [line, code, hint] of [
  ['-ERR not for you', 'provider_unavailable', /in 10 minutes; if it stays/],
  ['-ERR [SYS/TEMP] busy', 'provider_unavailable', /in 5 minutes$/],
  ['-ERR [SYS/PERM] closed', 'mail_login_refused', /administrator/],
] as const) {
  test(`a refusal in the greeting shows its words: ${line}`, async (t) => {
    const { error } = await tryLogin(t, pop([{ say: `${line}\r\n` }]))
    assert.equal(error?.code, code)
    assert.equal(error.message, `the server refused: ${line}`)
    assert.match(error.hint, hint)
  })
}

const hostile: [name: string, steps: MailStep[], isImplicitTls: boolean, message: RegExp][] = [
  [
    'no STLS',
    [...greeting, { hear: /^STLS$/ }, { say: '-ERR what\r\n' }],
    false,
    /^the server refused: STLS -ERR what$/,
  ],
  [
    'a line injected after the consent',
    [...greeting, { hear: /./ }, { say: '+OK\r\n+OK\r\n' }, { tls: true }],
    false,
    /more than its consent before TLS/,
  ],
  ['another protocol', [{ say: '* OK imap\r\n' }], true, /^the server does not speak POP$/],
  [
    'no capabilities',
    [...greeting, { hear: /./ }, { say: '-ERR\r\n' }],
    true,
    /^the server refused: CAPA -ERR$/,
  ],
  [
    'capabilities without end',
    [...greeting, { hear: /./ }, { say: '+OK\r\n' }, { forever: 'TOP\r\n' }],
    true,
    /CAPA -ERR a list without end$/,
  ],
  [
    'success without being asked for the token',
    [...greeting, ...capable, { say: '+OK welcome\r\n' }],
    true,
    /^the server refused: AUTH XOAUTH2 \+OK welcome$/,
  ],
]

for (const [name, steps, isImplicitTls, message] of hostile) {
  test(`not a byte of the token leaves: ${name}`, async (t) => {
    const { error, received } = await tryLogin(t, pop(steps, isImplicitTls))
    assert.equal(error?.code, 'mail_login_refused')
    assert.match(error.message, message)
    assert.ok(!holdsToken(received))
  })
}
