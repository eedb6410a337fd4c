import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { SmtpDialogue } from '../../../src/bridge/smtp/smtp-dialogue.ts'
import { away, base64, converse, FakeGate, plain } from '../fake-gate.ts'
import { converseInThreeWays } from '../three-ways.ts'

interface Row {
  name: string
  gate?: Partial<FakeGate>
  lines: string[]
  says: string[]
}

const peer = { caller: { account: 'user@example.com', by: 'peer' as const } }
const trouble = '"smtp.example.com:587" cannot be reached; try again later'
const mail = 'MAIL FROM:<user@example.com> SIZE=12'
const wrong = `AUTH PLAIN ${plain('user@example.com', 'wrong')}`

/** The rows of the table of what is answered before the pipe. */
const rows: Row[] = [
  {
    name: 'EHLO lists what the mail server has, and the mechanisms',
    lines: ['EHLO client'],
    says: [
      '250-here\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 AUTH PLAIN LOGIN SCRAM-SHA-256',
    ],
  },
  {
    name: 'EHLO does not offer AUTH where there are no passwords, and AUTH says what to do',
    gate: { offersPasswords: false },
    lines: ['ehlo client', `AUTH PLAIN ${plain()}`],
    says: [
      '250-here\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250 PIPELINING',
      '502 5.5.1 passwords are not used here: send MAIL without AUTH',
    ],
  },
  {
    name: 'HELO, NOOP, RSET, VRFY, HELP and QUIT are answered',
    lines: ['HELO client', 'NOOP', 'RSET', 'VRFY user', 'HELP', 'quit'],
    says: [
      '250 here',
      '250 2.0.0 OK',
      '250 2.0.0 OK',
      '252 2.1.5 the mail server knows',
      '214 2.0.0 see cms-oauth.toml(5), [[bridge]]',
      '221 2.0.0 bye',
      'close',
    ],
  },
  {
    name: 'STARTTLS is refused where it is not offered',
    lines: ['STARTTLS', 'NOOP'],
    says: ['502 5.5.1 TLS is not offered here', '250 2.0.0 OK'],
  },
  {
    name: 'AUTH PLAIN with the right password goes up, and then bytes',
    lines: ['EHLO c', `AUTH PLAIN ${plain()}`, 'never read'],
    says: ['250-*', '235 2.7.0 logged in', 'pipe'],
  },
  {
    name: 'AUTH works in any case of letters, without EHLO and in several lines',
    lines: ['auth login', base64('user@example.com'), base64('right')],
    says: ['334 VXNlcm5hbWU6', '334 UGFzc3dvcmQ6', '235 2.7.0 logged in', 'pipe'],
  },
  {
    name: 'AUTH of an unknown mechanism, cancelled, and not to be read',
    lines: [
      'AUTH CRAM-MD5',
      'AUTH',
      'AUTH LOGIN',
      '*',
      'AUTH PLAIN',
      'no base64',
      'AUTH PLAIN AAAA',
      'NOOP',
    ],
    says: [
      '504 5.5.4 this mechanism is not offered',
      '504 5.5.4 this mechanism is not offered',
      '334 VXNlcm5hbWU6',
      '501 5.7.0 authentication cancelled',
      '334',
      '501 5.5.2 this response cannot be read',
      '501 5.5.2 this response cannot be read',
      '250 2.0.0 OK',
    ],
  },
  {
    name: 'a wrong password and an unknown user get the same answer, and the third closes',
    lines: [wrong, `AUTH PLAIN ${plain('nobody@example.com')}`, wrong],
    says: [
      '535 5.7.8 wrong user name or password',
      '535 5.7.8 wrong user name or password',
      '421 4.7.0 too many wrong passwords',
      'close',
    ],
  },
  {
    name: 'whose address tries too many passwords is closed at once',
    gate: { mayTryAgain: false },
    lines: [wrong],
    says: ['421 4.7.0 too many wrong passwords', 'close'],
  },
  {
    name: 'after a wrong password the right one is taken',
    lines: [wrong, `AUTH PLAIN ${plain()}`],
    says: ['535 5.7.8 wrong user name or password', '235 2.7.0 logged in', 'pipe'],
  },
  {
    name: 'a right password without a way up is 454, and every MAIL 451, never 530',
    gate: { outcome: { failure: away } },
    lines: [`AUTH PLAIN ${plain()}`, mail, 'RCPT TO:<a@b.c>', 'DATA', 'RSET', mail, 'QUIT'],
    says: [
      `454 4.7.0 ${trouble}`,
      `451 4.7.0 ${trouble}`,
      '503 5.5.1 MAIL comes first',
      '503 5.5.1 MAIL comes first',
      '250 2.0.0 OK',
      `451 4.7.0 ${trouble}`,
      '221 2.0.0 bye',
      'close',
    ],
  },
  {
    name: 'MAIL of a caller that is admitted goes up with all that follows',
    gate: peer,
    lines: ['HELO c', mail],
    says: ['250 here', `pipe ${mail}`],
  },
  {
    name: 'MAIL of a caller that is admitted, and no way up',
    gate: { ...peer, outcome: { failure: away } },
    lines: [mail, 'RCPT TO:<a@b.c>', 'DATA', 'BDAT 5 LAST'],
    says: [
      `451 4.7.0 ${trouble}`,
      '503 5.5.1 MAIL comes first',
      '503 5.5.1 MAIL comes first',
      '421 4.7.0 BDAT is not offered here',
      'close',
    ],
  },
  {
    name: 'MAIL of a caller that is not admitted, where there are passwords',
    lines: [mail],
    says: ['530 5.7.0 authentication required'],
  },
  {
    name: 'MAIL of a caller that is not admitted, where there are none',
    gate: { offersPasswords: false },
    lines: [mail],
    says: ['550 5.7.1 uid 33 is not listed in "allow"'],
  },
  {
    name: 'MAIL that cannot be read',
    gate: peer,
    lines: ['MAIL TO:<a@b.c>', 'MAIL'],
    says: ['501 5.5.4 MAIL is not as it should be', '501 5.5.4 MAIL is not as it should be'],
  },
  {
    name: 'a message that comes first is not read as commands',
    lines: ['RCPT TO:<a@b.c>', 'DATA', 'BDAT 86 LAST', mail],
    says: [
      '503 5.5.1 MAIL comes first',
      '503 5.5.1 MAIL comes first',
      '421 4.7.0 BDAT is not offered here',
      'close',
    ],
  },
  {
    name: 'the third unknown command closes',
    lines: ['ETRN x', '', 'XCLIENT ADDR=1', 'NOOP'],
    says: [
      '500 5.5.2 this command is not known',
      '500 5.5.2 this command is not known',
      '421 4.7.0 too many unknown commands',
      'close',
    ],
  },
]

function dialogueOf(gate: Partial<FakeGate> = {}) {
  return new SmtpDialogue({ gate: Object.assign(new FakeGate(), gate), hostname: 'here' })
}

for (const { name, gate, lines, says } of rows) {
  test(name, async () => {
    const said = await converseInThreeWays(() => dialogueOf(gate), lines)
    const expected = says.map((text, index) => (text === '250-*' ? said[index] : text))
    assert.deepEqual(said, expected)
  })
}

test('a client is greeted with a name, and AUTH alone may be long', () => {
  const dialogue = dialogueOf()
  assert.deepEqual(dialogue.greet(), { reply: '220 here ESMTP\r\n' })
  assert.equal(dialogue.lineLimit('EHLO '), 2_048)
  assert.equal(dialogue.lineLimit('auth PLAIN AAAA'), 12_288)
  void dialogue.receive('AUTH PLAIN')
  assert.equal(dialogue.lineLimit('AAAA'), 12_288)
})

test('AUTH after a 454 tries again, as whom the password says', async () => {
  const gate = new FakeGate()
  gate.outcome = { failure: away }
  const dialogue = new SmtpDialogue({ gate, hostname: 'here' })
  await dialogue.receive(`AUTH PLAIN ${plain()}`)
  gate.outcome = new FakeGate().outcome
  const said = await converse(dialogue, [`AUTH PLAIN ${plain()}`])
  assert.deepEqual(said, ['235 2.7.0 logged in', 'pipe'])
  const entry = { account: 'user@example.com', by: 'printer', mechanism: 'PLAIN' }
  assert.deepEqual(gate.logins, [entry, entry])
})

test('whatever a client says is answered with replies, and without a password nothing goes up', async () => {
  const word = fc.constantFrom(
    'EHLO',
    'AUTH',
    'MAIL',
    'RSET',
    'PLAIN',
    'LOGIN',
    'FROM:<a@b.c>',
    '=',
  )
  const anyLine = fc.oneof(
    fc.string(),
    fc.array(word).map((words) => words.join(' ')),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(anyLine), async (lines) => {
      for (const said of await converse(dialogueOf(), lines)) {
        assert.match(said, /^(?:close$|[2345]\d\d(?:[ -]|$))/)
        assert.doesNotMatch(said, /^(?:235|pipe)/)
      }
    }),
  )
})
