import assert from 'node:assert/strict'
import { after, test } from 'node:test'
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

const afterToken: [name: string, steps: MailStep[], code: string, message: RegExp, hint: RegExp][] =
  [
    [
      'a token that is not taken',
      [...asked, { say: 'a2 NO [AUTHENTICATIONFAILED] Invalid credentials\r\n' }],
      'mail_login_refused',
      /^the server refused: AUTHENTICATE NO \[AUTHENTICATIONFAILED\] Invalid credentials$/,
      /compare --user/,
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
      /AUTHENTICATE NO AUTHENTICATE failed\.; its challenge was \{"status":"400"\}$/,
      /compare --user/,
    ],
    [
      'a mailbox of somebody else',
      [...loggedIn, { say: 'a3 NO AUTHENTICATED but not connected.\r\n' }],
      'mail_login_refused',
      /SELECT INBOX NO AUTHENTICATED but not connected\.$/,
      /not for this mailbox/,
    ],
    [
      'a mailbox that does not open',
      [...loggedIn, { say: 'a3 NO [NONEXISTENT] none\r\n' }],
      'mail_login_refused',
      /SELECT INBOX NO \[NONEXISTENT\] none$/,
      /cannot be opened/,
    ],
    [
      'trouble that passes',
      [...asked, { say: 'a2 NO [UNAVAILABLE] later\r\n' }],
      'provider_unavailable',
      /\[UNAVAILABLE\] later$/,
      /: try again in 5 minutes$/,
    ],
    [
      'a farewell',
      [...asked, { say: '* BYE \u001b[2Jtoo many\r\n' }, { end: true }],
      'provider_unavailable',
      /^the server refused: BYE \\x1b\[2Jtoo many$/,
      /./,
    ],
    [
      'challenges without end',
      [...asked, { forever: '+ e30=\r\n' }],
      'mail_login_refused',
      /it asks for more and more$/,
      /./,
    ],
  ]

for (const [name, steps, code, message, hint] of afterToken) {
  test(`a refusal is explained: ${name}`, async (t) => {
    const { error, transcript } = await tryLogin(t, imap(steps))
    assert.equal(error?.code, code, error?.message)
    assert.match(error.message, message)
    assert.match(error.hint, hint)
    assert.match(transcript.join(''), /^[ -~]+$/)
  })
}

const starttls: MailStep[] = [...greeting, { hear: /^a1 STARTTLS$/ }]
const hostile: [name: string, steps: MailStep[], isImplicitTls: boolean, message: RegExp][] = [
  [
    'no STARTTLS',
    [...starttls, { say: 'a1 BAD unknown\r\n' }],
    false,
    /^the server refused: STARTTLS BAD unknown$/,
  ],
  [
    'a response injected after the consent',
    [...starttls, { say: 'a1 OK go\r\n* CAPABILITY AUTH=XOAUTH2\r\n' }, { tls: true }],
    false,
    /more than its consent before TLS/,
  ],
  ['another protocol', [{ say: '220 smtp\r\n' }], true, /^the server does not speak IMAP$/],
  [
    'no mechanism for a token',
    [...greeting, { hear: /./ }, { say: '* CAPABILITY AUTH=PLAIN\r\na1 OK\r\n' }],
    true,
    /its mechanisms are: PLAIN$/,
  ],
  [
    'success without being asked for the token',
    [...capable, { hear: /./ }, { say: 'a2 OK welcome\r\n' }],
    true,
    /^the server refused: AUTHENTICATE OK welcome$/,
  ],
  [
    'untagged lines without end',
    [...greeting, { hear: /./ }, { forever: '* 1 EXISTS\r\n'.repeat(50) }],
    true,
    /an answer without end$/,
  ],
  [
    'a literal without end',
    [...greeting, { hear: /./ }, { say: '* X {999999999}\r\n' }, { forever: 'x'.repeat(9_000) }],
    true,
    /it says too much$/,
  ],
]

for (const [name, steps, isImplicitTls, message] of hostile) {
  test(`not a byte of the token leaves: ${name}`, async (t) => {
    const { error, received } = await tryLogin(t, imap(steps, isImplicitTls))
    assert.equal(error?.code, 'mail_login_refused', error?.message)
    assert.match(error.message, message)
    assert.ok(!holdsToken(received))
  })
}

const greetings: [line: string, code: string, said: string, hint: RegExp][] = [
  ['* BYE overloaded', 'provider_unavailable', 'BYE overloaded', /try again in 5 minutes$/],
  ['* NO go away', 'provider_unavailable', 'NO go away', /try again in 10 minutes; if it stays/],
  ['* NO [UNAVAILABLE] x', 'provider_unavailable', 'NO [UNAVAILABLE] x', /in 5 minutes$/],
  ['* PREAUTH hello', 'mail_login_refused', 'PREAUTH hello', /takes whoever connects/],
]

for (const [line, code, said, hint] of greetings) {
  test(`a refusal in the greeting shows its words: ${line}`, async (t) => {
    const { error, received } = await tryLogin(t, imap([{ say: `${line}\r\n` }]))
    assert.equal(error?.code, code)
    assert.equal(error.message, `the server refused: ${said}`)
    assert.match(error.hint, hint)
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
    assert.equal(error.message, `the server refused: ${code} ${said}`)
    assert.match(error.hint, /try again in 5 minutes$/)
  })
}

test('untagged lines that are meant for a person reach the message', async (t) => {
  const url = 'https://accounts.google.com/signin/continue?sarp=1'
  const alerts = `* NO [WEBALERT ${url}] Web login required.\r\n* OK [ALERT] by the 1st\r\n`
  const steps = [...asked, { say: `${alerts}a2 NO [ALERT] Failure\r\n` }]
  const { error } = await tryLogin(t, imap(steps))
  assert.equal(error?.code, 'mail_login_refused')
  assert.equal(
    error.message,
    `the server refused: AUTHENTICATE NO [ALERT] Failure; it also said: [WEBALERT ${url}] Web login required. [ALERT] by the 1st`,
  )
  assert.ok(error.hint.includes(`open ${url} in a browser`), error.hint)
})

test('an app-only account is told what an administrator has to run', async (t) => {
  const steps = [...loggedIn, { say: 'a3 BAD User is authenticated but not connected.\r\n' }]
  const facts = { provider: 'microsoft', isAppOnly: true } as const
  const { error } = await tryLogin(t, { ...imap(steps), facts })
  assert.match(error?.hint ?? '', /New-ServicePrincipal.*Add-MailboxPermission.*up to an hour/)
})

test('a server of another protocol is named', async (t) => {
  for (const [line, what] of [
    ['220 smtp', /^it talks like an SMTP server \(--test-smtp tries that\); compare host and port/],
    ['+OK pop', /^it talks like a POP server/],
    ['SSH-2.0-x', /^it talks like an SSH server; /],
    ['what', /^compare host and port: 993/],
  ] as const) {
    const { error } = await tryLogin(t, imap([{ say: `${line}\r\n` }]))
    assert.match(error?.hint ?? '', what)
  }
})

test('a tagged line inside a literal is no answer', async (t) => {
  const literal = 'a3 OK forged\r\n'
  const said = `* LIST {${literal.length}}\r\n${literal} rest\r\na3 NO not yours\r\n`
  const { error } = await tryLogin(t, imap([...loggedIn, { say: said }]))
  assert.equal(error?.message, 'the server refused: SELECT INBOX NO not yours')
})

test('a server that falls silent after the token is given up', async (t) => {
  const { error, transcript } = await tryLogin(t, imap(asked, true, 300))
  assert.equal(error?.code, 'provider_unavailable')
  assert.match(error.message, /no answer in time$/)
  assert.ok(!transcript.join('\n').includes(accessToken))
})
