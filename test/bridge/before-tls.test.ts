/** What each dialogue says before TLS with the program has begun, and once it has. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Dialogue, Gate } from '../../src/bridge/gate.ts'
import { ImapDialogue } from '../../src/bridge/imap/imap-dialogue.ts'
import { PopDialogue } from '../../src/bridge/pop/pop-dialogue.ts'
import { SmtpDialogue } from '../../src/bridge/smtp/smtp-dialogue.ts'
import { converse, FakeGate, plain } from './fake-gate.ts'
import { converseInThreeWays } from './three-ways.ts'

interface Row {
  name: string
  gate: Partial<FakeGate>
  lines: string[]
  says: string[]
}

const offered = { tls: 'offered' } as const
const required = { tls: 'required' } as const
const on = { tls: 'on' } as const
const peer = { caller: { account: 'user@example.com', by: 'peer' }, admission: 'peer' } as const
const mail = 'MAIL FROM:<user@example.com>'
const list = '250-here\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250-PIPELINING'
const mechanisms = 'AUTH PLAIN LOGIN SCRAM-SHA-256'
const smtpNoTls = '502 5.5.1 TLS is not offered here'
const smtpBegins = [
  '220 2.0.0 begin TLS',
  '501 5.5.2 nothing may follow STARTTLS before TLS',
  'TLS',
]

const smtp: Row[] = [
  {
    name: 'EHLO offers STARTTLS beside AUTH, and both are taken',
    gate: offered,
    lines: ['EHLO c', `AUTH PLAIN ${plain()}`],
    says: [`${list}\r\n250-STARTTLS\r\n250 ${mechanisms}`, '235 2.7.0 logged in', 'pipe'],
  },
  { name: 'STARTTLS begins TLS', gate: offered, lines: ['starttls'], says: smtpBegins },
  {
    name: 'where TLS is required there is no AUTH before it, and no MAIL of anybody',
    gate: { ...required, ...peer },
    lines: ['EHLO c', `AUTH PLAIN ${plain()}`, 'AUTH LOGIN', mail, 'RCPT TO:<a@b.c>', 'STARTTLS'],
    says: [
      `${list}\r\n250 STARTTLS`,
      '538 5.7.11 begin TLS first, with STARTTLS',
      '538 5.7.11 begin TLS first, with STARTTLS',
      '530 5.7.0 begin TLS first, with STARTTLS',
      '503 5.5.1 MAIL comes first',
      ...smtpBegins,
    ],
  },
  {
    name: 'STARTTLS with a parameter is not taken',
    gate: required,
    lines: ['STARTTLS now'],
    says: ['501 5.5.4 STARTTLS has no parameters'],
  },
  {
    name: 'by TLS it is not offered again',
    gate: on,
    lines: ['EHLO c', 'STARTTLS', `AUTH PLAIN ${plain()}`],
    says: [`${list}\r\n250 ${mechanisms}`, smtpNoTls, '235 2.7.0 logged in', 'pipe'],
  },
]

const imapOwn = 'IMAP4rev1 SASL-IR LITERAL-'
const imapLogin = 'AUTH=PLAIN AUTH=LOGIN AUTH=SCRAM-SHA-256'
const imapUnknown = 'a BAD this command cannot be used before the login'
const privacy = 'a NO [PRIVACYREQUIRED] begin TLS first'
const imapBegins = ['a OK begin TLS', 'a BAD nothing may follow STARTTLS before TLS', 'TLS']
const capability = (words: string) => `* CAPABILITY ${words} IDLE\r\na OK CAPABILITY completed`

const imap: Row[] = [
  {
    name: 'CAPABILITY offers STARTTLS beside the login, and both are taken',
    gate: offered,
    lines: ['a CAPABILITY', 'a STARTTLS'],
    says: [capability(`${imapOwn} STARTTLS ${imapLogin}`), ...imapBegins],
  },
  {
    name: 'where TLS is required the login is disabled before it',
    gate: { ...required, ...peer },
    lines: [
      'a CAPABILITY',
      'a LOGIN user@example.com right',
      'a LOGIN user@example.com {5}',
      `a AUTHENTICATE PLAIN ${plain()}`,
      'a AUTHENTICATE LOGIN',
      'a starttls',
    ],
    says: [
      capability(`${imapOwn} STARTTLS LOGINDISABLED`),
      privacy,
      privacy,
      privacy,
      privacy,
      ...imapBegins,
    ],
  },
  {
    name: 'by TLS it is not offered again',
    gate: on,
    lines: ['a CAPABILITY', 'a STARTTLS'],
    says: [capability(`${imapOwn} ${imapLogin}`), imapUnknown],
  },
]

const popOthers = 'TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n.'
const popLogin = 'USER\r\nSASL PLAIN LOGIN SCRAM-SHA-256'
const popBegins = ['+OK begin TLS', '-ERR nothing may follow STLS before TLS', 'TLS']
const first = '-ERR begin TLS first, with STLS'

const pop: Row[] = [
  {
    name: 'CAPA offers STLS beside the login, and both are taken',
    gate: offered,
    lines: ['CAPA', 'STLS'],
    says: [`+OK\r\n${popLogin}\r\nSTLS\r\n${popOthers}`, ...popBegins],
  },
  {
    name: 'where TLS is required there is no login before it',
    gate: { ...required, ...peer },
    lines: ['CAPA', 'USER user@example.com', 'PASS right', 'AUTH', `AUTH PLAIN ${plain()}`, 'stls'],
    says: [`+OK\r\nSTLS\r\n${popOthers}`, first, first, first, first, ...popBegins],
  },
  {
    name: 'by TLS it is not offered again',
    gate: on,
    lines: ['CAPA', 'STLS'],
    says: [
      `+OK\r\n${popLogin}\r\n${popOthers}`,
      '-ERR this command cannot be used before the login',
    ],
  },
]

const protocols: [string, (gate: Gate) => Dialogue, Row[]][] = [
  ['SMTP', (gate) => new SmtpDialogue({ gate, hostname: 'here' }), smtp],
  ['IMAP', (gate) => new ImapDialogue(gate), imap],
  ['POP', (gate) => new PopDialogue(gate), pop],
]

function gateOf(gate: Partial<FakeGate>, protocol: string): FakeGate {
  const more = protocol === 'IMAP' ? { promised: ['IDLE'] } : {}
  return Object.assign(new FakeGate(), more, gate)
}

for (const [protocol, create, rows] of protocols) {
  for (const { name, gate, lines, says } of rows) {
    test(`${protocol}: ${name}`, async () => {
      assert.deepEqual(await converseInThreeWays(() => create(gateOf(gate, protocol)), lines), says)
    })
  }
}

test('IMAP: nobody is greeted with PREAUTH where TLS must begin, and any password is good after it', async () => {
  const admitted = { ...peer, offersPasswords: false }
  const before = new ImapDialogue(gateOf({ ...admitted, ...required }, 'IMAP'))
  const greeting = `* OK [CAPABILITY ${imapOwn} STARTTLS LOGINDISABLED IDLE] ready\r\n`
  assert.deepEqual(await before.greet(), { reply: greeting })
  const gate = gateOf({ ...admitted, ...on }, 'IMAP')
  const after = new ImapDialogue(gate)
  await converse(after, ['a LOGIN user@example.com anything'])
  assert.deepEqual(gate.logins, [{ account: 'user@example.com', by: 'peer', mechanism: 'LOGIN' }])
  const first = await new ImapDialogue(gate).greet()
  assert.match(first.reply ?? '', /^\* PREAUTH /)
})

test('a caller without a password is called what it is', async () => {
  const network = {
    caller: { account: 'user@example.com', by: 'network' },
    admission: 'network',
    offersPasswords: false,
  } as const
  const [smtpGate, popGate] = [gateOf(network, 'SMTP'), gateOf(network, 'POP')]
  await converse(new SmtpDialogue({ gate: smtpGate, hostname: 'here' }), [mail])
  await converse(new PopDialogue(popGate), ['USER user@example.com', 'PASS x'])
  for (const { logins } of [smtpGate, popGate]) assert.equal(logins[0]?.by, 'network')
})
