import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { assertError } from '../support/golden.ts'
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

const refusals: [name: string, steps: MailStep[], code: string, said: string][] = [
  [
    'a token that is not taken',
    [...asked, { say: '-ERR Authentication failure: bad\r\n' }],
    'mail_login_refused',
    'AUTH -ERR Authentication failure: bad',
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
  ],
  [
    'temporary trouble',
    [...asked, { say: '-ERR [SYS/TEMP] later\r\n' }],
    'provider_unavailable',
    'AUTH -ERR [SYS/TEMP] later',
  ],
]

for (const [name, steps, code, said] of refusals) {
  test(`a refusal is explained: ${name}`, async (t) => {
    const { error } = await tryLogin(t, pop(steps))
    assertError(error, code, `a refusal is explained: ${name}`, { said })
  })
}

for (const [line, code] of [
  ['-ERR not for you', 'provider_unavailable'],
  ['-ERR [SYS/TEMP] busy', 'provider_unavailable'],
  ['-ERR [SYS/PERM] closed', 'mail_login_refused'],
] as const) {
  test(`a refusal in the greeting shows its words: ${line}`, async (t) => {
    const { error } = await tryLogin(t, pop([{ say: `${line}\r\n` }]))
    assertError(error, code, `a refusal in the greeting shows its words: ${line}`, { line })
  })
}

const hostile: [name: string, steps: MailStep[], isImplicitTls: boolean][] = [
  ['no STLS', [...greeting, { hear: /^STLS$/ }, { say: '-ERR what\r\n' }], false],
  [
    'a line injected after the consent',
    [...greeting, { hear: /./ }, { say: '+OK\r\n+OK\r\n' }, { tls: true }],
    false,
  ],
  ['another protocol', [{ say: '* OK imap\r\n' }], true],
  ['no capabilities', [...greeting, { hear: /./ }, { say: '-ERR\r\n' }], true],
  [
    'capabilities without end',
    [...greeting, { hear: /./ }, { say: '+OK\r\n' }, { forever: 'TOP\r\n' }],
    true,
  ],
  [
    'success without being asked for the token',
    [...greeting, ...capable, { say: '+OK welcome\r\n' }],
    true,
  ],
]

for (const [name, steps, isImplicitTls] of hostile) {
  test(`not a byte of the token leaves: ${name}`, async (t) => {
    const { error, received, where } = await tryLogin(t, pop(steps, isImplicitTls))
    const names = error?.message.includes(where) ? { where } : {}
    assertError(error, 'mail_login_refused', `not a byte of the token leaves: ${name}`, names)
    assert.ok(!holdsToken(received))
  })
}
