import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { assertError, assertSentence } from '../support/golden.ts'
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

const greeting: MailStep[] = [{ say: '* OK ready\r\n' }]
const capable: MailStep[] = [
  ...greeting,
  { hear: /^a1 CAPABILITY$/ },
  { say: '* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2\r\na1 OK done\r\n' },
]
const asked: MailStep[] = [
  ...capable,
  { hear: /^a2 AUTHENTICATE XOAUTH2$/ },
  { say: '+ \r\n' },
  { hear: /^[\w+/=]+$/ },
]
const loggedIn: MailStep[] = [
  ...asked,
  { say: '* CAPABILITY IMAP4rev1\r\na2 OK AUTHENTICATE completed.\r\n' },
  { hear: /^a3 SELECT INBOX$/ },
]

function imap(steps: MailStep[], isImplicitTls = true, limitMs?: number) {
  const limit = limitMs === undefined ? {} : { limitMs }
  return { protocol: 'IMAP' as const, steps, isImplicitTls, ...limit }
}

test('a login succeeds when the mailbox is open', async (t) => {
  const said = '* 3 EXISTS\r\n* FLAGS (\\Seen)\r\na3 OK [READ-WRITE] SELECT completed.\r\n'
  const { reply, transcript, received } = await tryLogin(t, imap([...loggedIn, { say: said }]))
  assert.deepEqual(reply, { code: 'OK', text: '[READ-WRITE] SELECT completed.' })
  assert.ok(received.includes(`\r\n${xoauth2}\r\n`))
  assert.ok(!holdsToken(transcript.join('\n')))
})

/** RFC 9051 section 7.1.3: a server that cannot tell the command, as one that does not know its tag. */
const untagged = '* BAD Error in IMAP command received by server.\r\n'
const unreadable: Record<string, MailStep[]> = {
  CAPABILITY: [...greeting, { hear: /^a1 / }, { say: untagged }],
  AUTHENTICATE: [...capable, { hear: /^a2 / }, { say: untagged }],
  'the credential': [...asked, { say: untagged }],
}

for (const [what, steps] of Object.entries(unreadable)) {
  test(`an untagged BAD after ${what} is the answer to it`, async (t) => {
    const { error } = await tryLogin(t, imap(steps))
    assertError(error, 'mail_login_refused', `an untagged BAD after ${what}`)
  })
}

test('an untagged BAD that is only an alert is not', async (t) => {
  const steps = [...asked, { say: `* BAD [ALERT] soon\r\na2 NO no\r\n` }]
  const { error } = await tryLogin(t, imap(steps))
  assert.match(error?.message ?? '', / NO no; .*\[ALERT\] soon/)
})

test('STARTTLS comes first where the port does not begin with TLS', async (t) => {
  const steps: MailStep[] = [
    ...greeting,
    { hear: /^a1 STARTTLS$/ },
    { say: 'a1 OK go\r\n' },
    { tls: true },
    { hear: /^a2 CAPABILITY$/ },
    { say: '* CAPABILITY AUTH=OAUTHBEARER\r\na2 OK\r\n' },
    { hear: /^a3 AUTHENTICATE OAUTHBEARER$/ },
    { say: '+\r\n' },
    { hear: /./ },
    { say: 'a3 OK\r\n' },
    { hear: /^a4 SELECT INBOX$/ },
    { say: 'a4 OK done\r\n' },
  ]
  const { reply, received } = await tryLogin(t, imap(steps, false))
  assert.deepEqual(reply, { code: 'OK', text: 'done' })
  assert.ok(received.includes(oauthbearer))
})

const afterToken: [name: string, steps: MailStep[], code: string][] = [
  [
    'a token that is not taken',
    [...asked, { say: 'a2 NO [AUTHENTICATIONFAILED] Invalid credentials\r\n' }],
    'mail_login_refused',
  ],
  [
    'a challenge first',
    [
      ...asked,
      { say: `+ ${btoa('{"status":"400"}')}\r\n` },
      { hear: /^$/ },
      { say: 'a2 NO AUTHENTICATE failed.\r\n' },
    ],
    'mail_login_refused',
  ],
  [
    'a mailbox of somebody else',
    [...loggedIn, { say: 'a3 NO AUTHENTICATED but not connected.\r\n' }],
    'mail_login_refused',
  ],
  [
    'a mailbox that does not open',
    [...loggedIn, { say: 'a3 NO [NONEXISTENT] none\r\n' }],
    'mail_login_refused',
  ],
  [
    'temporary trouble',
    [...asked, { say: 'a2 NO [UNAVAILABLE] later\r\n' }],
    'provider_unavailable',
  ],
  [
    'a farewell',
    [...asked, { say: '* BYE \u001b[2Jtoo many\r\n' }, { end: true }],
    'provider_unavailable',
  ],
  ['challenges without end', [...asked, { forever: '+ e30=\r\n' }], 'mail_login_refused'],
]

for (const [name, steps, code] of afterToken) {
  test(`a refusal is explained: ${name}`, async (t) => {
    const { error, transcript } = await tryLogin(t, imap(steps))
    assertError(error, code, `a refusal is explained: ${name}`)
    assert.match(transcript.join(''), /^[ -~]+$/)
  })
}

const starttls: MailStep[] = [...greeting, { hear: /^a1 STARTTLS$/ }]
const hostile: [name: string, steps: MailStep[], isImplicitTls: boolean][] = [
  ['no STARTTLS', [...starttls, { say: 'a1 BAD unknown\r\n' }], false],
  [
    'a response injected after the consent',
    [...starttls, { say: 'a1 OK go\r\n* CAPABILITY AUTH=XOAUTH2\r\n' }, { tls: true }],
    false,
  ],
  ['another protocol', [{ say: '220 smtp\r\n' }], true],
  [
    'no mechanism for a token',
    [...greeting, { hear: /./ }, { say: '* CAPABILITY AUTH=PLAIN\r\na1 OK\r\n' }],
    true,
  ],
  [
    'success without being asked for the token',
    [...capable, { hear: /./ }, { say: 'a2 OK welcome\r\n' }],
    true,
  ],
  [
    'untagged lines without end',
    [...greeting, { hear: /./ }, { forever: '* 1 EXISTS\r\n'.repeat(50) }],
    true,
  ],
  [
    'a literal without end',
    [...greeting, { hear: /./ }, { say: '* X {999999999}\r\n' }, { forever: 'x'.repeat(9_000) }],
    true,
  ],
]

for (const [name, steps, isImplicitTls] of hostile) {
  test(`not a byte of the token leaves: ${name}`, async (t) => {
    const { error, received, where } = await tryLogin(t, imap(steps, isImplicitTls))
    const names = error?.message.includes(where) ? { where } : {}
    assertError(error, 'mail_login_refused', `not a byte of the token leaves: ${name}`, names)
    assert.ok(!holdsToken(received))
  })
}

const greetings: [line: string, code: string, said: string][] = [
  ['* BYE overloaded', 'provider_unavailable', 'BYE overloaded'],
  ['* NO go away', 'provider_unavailable', 'NO go away'],
  ['* NO [UNAVAILABLE] x', 'provider_unavailable', 'NO [UNAVAILABLE] x'],
  ['* PREAUTH hello', 'mail_login_refused', 'PREAUTH hello'],
]

for (const [line, code, said] of greetings) {
  test(`a refusal in the greeting shows its words: ${line}`, async (t) => {
    const { error, received } = await tryLogin(t, imap([{ say: `${line}\r\n` }]))
    assertError(error, code, `a refusal in the greeting shows its words: ${line}`, { said })
    assert.ok(!holdsToken(received))
  })
}

for (const [begin, code] of [
  [asked, 'AUTHENTICATE'],
  [loggedIn, 'SELECT INBOX'],
] as const) {
  const tag = code === 'AUTHENTICATE' ? 'a2' : 'a3'
  test(`not now is not no, with the minutes of the server: ${code}`, async (t) => {
    const said = 'BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds'
    const { error } = await tryLogin(t, imap([...begin, { say: `${tag} ${said}\r\n` }]))
    assert.equal(error?.code, 'provider_unavailable')
    assertSentence(error.message, `not now is not no, with the minutes of the server: ${code}`, {
      code,
      said,
    })
    assertSentence(error.hint, `not now is not no, with the minutes of the server: ${code}: hint`)
  })
}

test('untagged lines that are meant for a person reach the message', async (t) => {
  const url = 'https://accounts.google.com/signin/continue?sarp=1'
  const alerts = `* NO [WEBALERT ${url}] Web login required.\r\n* OK [ALERT] by the 1st\r\n`
  const steps = [...asked, { say: `${alerts}a2 NO [ALERT] Failure\r\n` }]
  const { error } = await tryLogin(t, imap(steps))
  assert.equal(error?.code, 'mail_login_refused')
  assertSentence(error.message, 'untagged lines that are meant for a person reach the message', {
    url,
  })
  assertSentence(error.hint, 'the page that the server names', { url })
})

test('an app-only account is told what an administrator has to run', async (t) => {
  const steps = [...loggedIn, { say: 'a3 BAD User is authenticated but not connected.\r\n' }]
  const facts = { provider: 'microsoft', isAppOnly: true } as const
  const { error } = await tryLogin(t, { ...imap(steps), facts })
  assertSentence(error?.hint, 'an app-only account is told what an administrator has to run')
})

test('a server of another protocol is named', async (t) => {
  for (const [line, named] of [
    ['220 smtp', '--test-smtp'],
    ['+OK pop', 'POP'],
    ['SSH-2.0-x', 'SSH'],
    ['what', '993'],
  ] as const) {
    const { error } = await tryLogin(t, imap([{ say: `${line}\r\n` }]))
    assertSentence(error?.hint, `a server that says "${line}"`, { named })
  }
})

test('a tagged line inside a literal is not an answer', async (t) => {
  const literal = 'a3 OK forged\r\n'
  const said = `* LIST {${literal.length}}\r\n${literal} rest\r\na3 NO not yours\r\n`
  const { error } = await tryLogin(t, imap([...loggedIn, { say: said }]))
  assertSentence(error?.message, 'a tagged line inside a literal is not an answer')
})

test('a server that falls silent after the token is abandoned', async (t) => {
  const { error, transcript, where } = await tryLogin(t, imap(asked, true, 300))
  assertError(
    error,
    'provider_unavailable',
    'a server that falls silent after the token is abandoned',
    { where },
  )
  assert.ok(!transcript.join('\n').includes(accessToken))
})
