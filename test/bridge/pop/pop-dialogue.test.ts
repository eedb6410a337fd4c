import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { NoPlaceError } from '../../../src/bridge/places.ts'
import { PopDialogue } from '../../../src/bridge/pop/pop-dialogue.ts'
import { MailLoginRefusedError, SignInRequiredError } from '../../../src/errors.ts'
import { away, base64, converse, FakeGate, plain } from '../fake-gate.ts'
import { converseInThreeWays } from '../three-ways.ts'

interface Row {
  name: string
  gate?: Partial<FakeGate>
  lines: string[]
  says: string[]
}

const user = 'USER user@example.com'
const refused = '-ERR [AUTH] wrong user name or password'
const unknown = '-ERR this command cannot be used before the login'
const others = 'TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n.'

/** The rows of the table of what is answered before the pipe. */
const rows: Row[] = [
  {
    name: 'CAPA lists what there is, and AUTH alone the mechanisms',
    lines: ['capa', 'AUTH'],
    says: [
      `+OK\r\nUSER\r\nSASL PLAIN LOGIN SCRAM-SHA-256\r\n${others}`,
      '+OK\r\nPLAIN\r\nLOGIN\r\nSCRAM-SHA-256\r\n.',
    ],
  },
  {
    name: 'NOOP and QUIT are answered',
    lines: ['NOOP', 'quit'],
    says: ['-ERR log in first', '+OK bye', 'close'],
  },
  {
    name: 'USER and PASS go up, and then bytes',
    lines: [user, 'PASS right', 'never read'],
    says: ['+OK send PASS', '+OK logged in', 'pipe'],
  },
  {
    name: 'PASS without USER, and USER counts for one PASS',
    lines: ['PASS right', user, 'PASS wrong', 'PASS right'],
    says: ['-ERR USER comes first', '+OK send PASS', refused, '-ERR USER comes first'],
  },
  {
    name: 'a password is all that follows PASS',
    lines: [user, 'PASS right ', user, 'PASS  right'],
    says: ['+OK send PASS', refused, '+OK send PASS', refused],
  },
  {
    name: 'blanks after a user name are no part of it',
    lines: [`${user}  `, 'PASS right', 'never read'],
    says: ['+OK send PASS', '+OK logged in', 'pipe'],
  },
  {
    name: 'AUTH PLAIN with and without an initial response',
    lines: ['AUTH PLAIN', '*', `auth plain ${plain()}`],
    says: ['+', '-ERR authentication cancelled', '+OK logged in', 'pipe'],
  },
  {
    name: 'AUTH LOGIN has the classic prompts',
    lines: ['AUTH LOGIN', base64('user@example.com'), base64('right')],
    says: ['+ VXNlcm5hbWU6', '+ UGFzc3dvcmQ6', '+OK logged in', 'pipe'],
  },
  {
    name: 'AUTH of an unknown mechanism, and not to be read',
    lines: ['AUTH CRAM-MD5', 'AUTH PLAIN AAAA'],
    says: ['-ERR this mechanism is not offered', '-ERR this response cannot be read'],
  },
  {
    name: 'a wrong password and an unknown user get the same answer, and the third closes',
    lines: [
      user,
      'PASS wrong',
      'USER nobody@example.com',
      'PASS right',
      `AUTH PLAIN ${plain('x', 'y')}`,
    ],
    says: ['+OK send PASS', refused, '+OK send PASS', refused, refused, 'close'],
  },
  {
    name: 'whose address tries too many passwords is closed at once',
    gate: { mayTryAgain: false },
    lines: [user, 'PASS wrong'],
    says: ['+OK send PASS', refused, 'close'],
  },
  {
    name: 'a caller that needs no password may send any',
    gate: { admission: 'peer', offersPasswords: false },
    lines: ['AUTH', user, 'PASS anything'],
    says: ['+OK\r\nPLAIN\r\nLOGIN\r\n.', '+OK send PASS', '+OK logged in', 'pipe'],
  },
  {
    name: 'a caller that needs no password may send any, in any charset',
    gate: { admission: 'peer', offersPasswords: false },
    lines: [user, 'PASS p\u00fc\u00ff'],
    says: ['+OK send PASS', '+OK logged in', 'pipe'],
  },
  {
    name: 'the third command that is not taken closes',
    lines: ['STAT', 'STLS', 'APOP user 0123456789abcdef', 'CAPA'],
    says: [unknown, unknown, unknown, 'close'],
  },
]

function gateOf(gate: Partial<FakeGate> = {}): FakeGate {
  return Object.assign(new FakeGate(), gate)
}

for (const { name, gate, lines, says } of rows) {
  test(name, async () => {
    assert.deepEqual(await converseInThreeWays(() => new PopDialogue(gateOf(gate)), lines), says)
  })
}

const troubles = [
  ['SYS/TEMP', away, '"smtp.example.com:587" cannot be reached; try again later'],
  ['IN-USE', new NoPlaceError('all are in use'), 'all are in use'],
  ['SYS/PERM', new SignInRequiredError('signed out', { hint: 'sign in' }), 'signed out; sign in'],
  ['SYS/PERM', new MailLoginRefusedError('refused', { fault: 'credential' }), 'refused'],
] as const

for (const [code, failure, text] of troubles) {
  test(`${failure.name} "${failure.message}" is ${code}, the connection stays, and PASS may be tried again`, async () => {
    const gate = gateOf({ outcome: { failure } })
    const dialogue = new PopDialogue(gate)
    const said = await converse(dialogue, [user, 'PASS right'])
    assert.deepEqual(said, ['+OK send PASS', `-ERR [${code}] ${text}`])
    gate.outcome = new FakeGate().outcome
    assert.deepEqual(await converse(dialogue, [`AUTH PLAIN ${plain()}`]), ['+OK logged in', 'pipe'])
    const entry = { account: 'user@example.com', by: 'printer' }
    assert.deepEqual(gate.logins, [
      { ...entry, mechanism: 'USER' },
      { ...entry, mechanism: 'PLAIN' },
    ])
  })
}

test('a client is greeted without a timestamp, and who has no way in is told why', () => {
  assert.deepEqual(new PopDialogue(gateOf()).greet(), { reply: '+OK ready\r\n' })
  const peer = gateOf({ offersPasswords: false, admission: 'peer' })
  assert.deepEqual(new PopDialogue(peer).greet(), { reply: '+OK ready\r\n' })
  const { reply, close } = new PopDialogue(gateOf({ offersPasswords: false })).greet()
  assert.equal(reply, '-ERR [AUTH] uid 33 is not listed in "allow"\r\n')
  assert.ok(close)
})

test('AUTH alone may be long', () => {
  const dialogue = new PopDialogue(gateOf())
  assert.equal(dialogue.lineLimit('PASS '), 2_048)
  assert.equal(dialogue.lineLimit('auth PLAIN AAAA'), 12_288)
  void dialogue.receive('AUTH PLAIN')
  assert.equal(dialogue.lineLimit('AAAA'), 12_288)
})

test('whatever a client says is answered, and without a password nothing goes up', async () => {
  const word = fc.constantFrom('USER', 'PASS', 'AUTH', 'PLAIN', 'LOGIN', 'CAPA', '=', 'a@b.c')
  const anyLine = fc.oneof(
    fc.string(),
    fc.array(word).map((words) => words.join(' ')),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(anyLine), async (lines) => {
      for (const said of await converse(new PopDialogue(gateOf()), lines)) {
        assert.match(said, /^(?:close$|\+OK|-ERR |\+(?: |$))/)
        assert.doesNotMatch(said, /^\+OK logged in/)
      }
    }),
  )
})
