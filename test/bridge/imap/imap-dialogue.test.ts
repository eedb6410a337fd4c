import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ImapDialogue } from '../../../src/bridge/imap/imap-dialogue.ts'
import { NoPlaceError } from '../../../src/bridge/places.ts'
import type { Upstream } from '../../../src/bridge/upstream.ts'
import {
  ConfigInvalidError,
  DaemonUnreachableError,
  MailLoginRefusedError,
  ProviderProtocolError,
  SignInRequiredError,
} from '../../../src/errors.ts'
import { away, base64, converse, FakeGate, plain } from '../fake-gate.ts'
import { converseInThreeWays } from '../three-ways.ts'

interface Row {
  name: string
  gate?: Partial<FakeGate>
  /** Lines, and octets where a literal is due. */
  lines: string[]
  says: string[]
}

const welcome = '* CAPABILITY IMAP4rev1 IDLE\r\na OK [X] in\r\n'
const upstream = { reply: welcome, capabilities: ['IMAP4rev1', 'IDLE'] } as unknown as Upstream
const welcomed = [welcome.trimEnd(), 'pipe']
const offered = 'IMAP4rev1 SASL-IR LITERAL- AUTH=PLAIN AUTH=LOGIN'
const refused = 'a NO [AUTHENTICATIONFAILED] wrong user name or password'
const unknown = 'BAD this command cannot be used before the login'
const unreadable = 'BAD the user name and password cannot be read'
const [goodUser, goodLogin] = ['user@example.com', 'a LOGIN user@example.com right']

const latin1 = (text: string) => Buffer.from(text, 'latin1').toString('base64')

/** The rows of the table of what is answered before the pipe. */
const rows: Row[] = [
  {
    name: 'CAPABILITY lists what the login needs and what the mail server has',
    lines: ['a capability'],
    says: [`* CAPABILITY ${offered} AUTH=SCRAM-SHA-256 IDLE\r\na OK CAPABILITY completed`],
  },
  {
    name: 'ID, NOOP and LOGOUT are answered',
    lines: ['a ID ("name" "mutt")', 'b noop', 'c LOGOUT'],
    says: [
      '* ID NIL\r\na OK ID completed',
      'b OK NOOP completed',
      '* BYE logging out\r\nc OK LOGOUT completed',
      'close',
    ],
  },
  ...[
    ['atoms', [goodLogin]],
    ['quoted strings', ['a LOGIN "user@example.com" "right"']],
    ['more blanks than there should be', ['a LOGIN  user@example.com  right ']],
    ['a name in other letters', ['a login "user@example.com" right']],
    ['an atom and a quoted string', ['a LOGIN user@example.com "right"']],
    ['literals that do not wait', ['a LOGIN {16+}', goodUser, ' {5+}', 'right', '']],
    ['an atom and a literal', ['a LOGIN user@example.com {5+}', 'right', '']],
  ].map(([form, lines]) => ({
    name: `LOGIN with ${form as string} goes up with its tag, and then bytes`,
    lines: [...(lines as string[]), 'never read'],
    says: welcomed,
  })),
  {
    name: 'LOGIN with literals that wait is asked for them',
    lines: ['a LOGIN {16}', goodUser, ' {5}', 'right', ''],
    says: ['+ go on', '+ go on', ...welcomed],
  },
  {
    name: 'a literal that is too long is refused before it comes, and closes where it comes anyway',
    lines: ['a LOGIN {4097}', 'b LOGIN {4096}', 'x'.repeat(4_096), ' y', 'c LOGIN {4097+}'],
    says: [
      `a ${unreadable}`,
      '+ go on',
      refused.replace('a ', 'b '),
      '* BYE this literal is too long',
      'close',
    ],
  },
  {
    name: 'a literal whose length has more digits than a number closes too, where it comes anyway',
    lines: [`a LOGIN {${'9'.repeat(11)}}`, `b LOGIN u {${'9'.repeat(400)}+}`],
    says: [`a ${unreadable}`, '* BYE this literal is too long', 'close'],
  },
  {
    name: 'a command that is not taken is not asked for its literal',
    lines: ['a APPEND INBOX {300}', 'b NOOP'],
    says: [`a ${unknown}`, 'b OK NOOP completed'],
  },
  {
    name: 'AUTHENTICATE PLAIN with and without an initial response',
    lines: ['a AUTHENTICATE PLAIN', plain()],
    says: ['+', ...welcomed],
  },
  {
    name: 'AUTHENTICATE PLAIN in one line, in any case of letters',
    lines: [`a authenticate plain ${plain()}`],
    says: welcomed,
  },
  {
    name: 'AUTHENTICATE LOGIN has the classic prompts',
    lines: ['a AUTHENTICATE LOGIN', base64(goodUser), base64('right')],
    says: ['+ VXNlcm5hbWU6', '+ UGFzc3dvcmQ6', ...welcomed],
  },
  {
    name: 'AUTHENTICATE SCRAM-SHA-256 is challenged',
    lines: [`a AUTHENTICATE SCRAM-SHA-256 ${base64('n,,n=user@example.com,r=abc')}`, '*'],
    says: [
      `+ ${base64('r=abcnonce,s=MDEyMzQ1Njc4OWFiY2RlZg==,i=4096')}`,
      'a BAD authentication cancelled',
    ],
  },
  {
    name: 'AUTHENTICATE of an unknown mechanism, cancelled, and not to be read',
    lines: [
      'a AUTHENTICATE CRAM-MD5',
      'b AUTHENTICATE LOGIN',
      '*',
      'c AUTHENTICATE PLAIN',
      'no base64',
      'd AUTHENTICATE',
      'e NOOP',
    ],
    says: [
      'a NO this mechanism is not offered',
      '+ VXNlcm5hbWU6',
      'b BAD authentication cancelled',
      '+',
      'c BAD this response cannot be read',
      'd NO this mechanism is not offered',
      'e OK NOOP completed',
    ],
  },
  {
    name: 'a wrong password and an unknown user get the same answer, and the third closes',
    lines: [
      'a LOGIN user@example.com wrong',
      'a LOGIN nobody@example.com right',
      `a AUTHENTICATE PLAIN ${plain(goodUser, 'wrong')}`,
    ],
    says: [refused, refused, `* BYE too many wrong passwords\r\n${refused}`, 'close'],
  },
  {
    name: 'whose address tries too many passwords is closed at once',
    gate: { mayTryAgain: false },
    lines: ['a LOGIN user@example.com wrong'],
    says: [`* BYE too many wrong passwords\r\n${refused}`, 'close'],
  },
  {
    name: 'after a wrong password the right one is taken',
    lines: ['a LOGIN user@example.com wrong', goodLogin],
    says: [refused, ...welcomed],
  },
  {
    name: 'a user name or a password that is not UTF-8 is a wrong one',
    lines: ['a LOGIN user@example.com \u00ff'],
    says: [refused],
  },
  {
    name: 'a caller that needs no password may send any',
    gate: { admission: 'peer' },
    lines: ['a CAPABILITY', 'a LOGIN user@example.com anything'],
    says: [`* CAPABILITY ${offered} IDLE\r\na OK CAPABILITY completed`, ...welcomed],
  },
  ...[
    ['LOGIN', ['a LOGIN user@example.com "p\u00fc\u00ff"']],
    ['PLAIN', [`a AUTHENTICATE PLAIN ${latin1('\0user@example.com\0p\u00fc\u00ff')}`]],
  ].map(([how, lines]) => ({
    name: `a caller that needs no password may send any, in any charset: ${how as string}`,
    gate: { admission: 'peer' as const },
    lines: lines as string[],
    says: welcomed,
  })),
  {
    name: 'a caller that needs no password names its account all the same',
    gate: { admission: 'peer' },
    lines: ['a LOGIN nobody@example.com anything'],
    says: [refused],
  },
  {
    name: 'the third command that is not taken closes, and a tag must be one',
    lines: ['a SELECT INBOX', '+ NOOP', 'b STARTTLS', 'c NOOP'],
    says: [
      `a ${unknown}`,
      `* ${unknown}`,
      `* BYE too many unknown commands\r\nb ${unknown}`,
      'close',
    ],
  },
  ...['', 'a'].map((line) => ({
    name: `"${line}" cannot be used`,
    lines: [line],
    says: [`* ${unknown}`],
  })),
  ...['', 'u', 'u p q', 'u ', 'u\tp', '"u p', '"\\u" p', 'u (p'].map((rest) => ({
    name: `LOGIN with "${rest}" cannot be read`,
    lines: [`a LOGIN ${rest}`],
    says: [`a ${unreadable}`],
  })),
]

function gateOf(gate: Partial<FakeGate> = {}): FakeGate {
  return Object.assign(new FakeGate(), { outcome: { upstream }, promised: ['IDLE'] }, gate)
}

for (const { name, gate, lines, says } of rows) {
  test(name, async () => {
    assert.deepEqual(await converseInThreeWays(() => new ImapDialogue(gateOf(gate)), lines), says)
  })
}

const refusal = new MailLoginRefusedError('the server refused: NO', {
  hint: 'sign in again',
  fault: 'credential',
})
/** What fails behind a right password, and the code that says who can do something. */
const troubles = [
  ['UNAVAILABLE', away, '"smtp.example.com:587" cannot be reached; try again later'],
  ['UNAVAILABLE', new DaemonUnreachableError('no answer'), 'no answer'],
  ['UNAVAILABLE', new ProviderProtocolError('not an answer'), 'not an answer'],
  ['UNAVAILABLE', new MailLoginRefusedError('554', { fault: 'server' }), '554'],
  ['UNAVAILABLE', new MailLoginRefusedError('expired', { fault: 'certificate' }), 'expired'],
  ['LIMIT', new NoPlaceError('all are in use'), 'all are in use'],
  ['CONTACTADMIN', refusal, 'the server refused: NO; sign in again'],
  ['CONTACTADMIN', new SignInRequiredError('signed out'), 'signed out'],
  ['CONTACTADMIN', new ConfigInvalidError('wrong'), 'wrong'],
  ['CONTACTADMIN', new MailLoginRefusedError('off', { actor: 'administrator' }), 'off'],
] as const

for (const [code, failure, text] of troubles) {
  test(`${failure.name} "${failure.message}" is ${code}, the connection stays, and LOGIN may be tried again`, async () => {
    const gate = gateOf({ outcome: { failure } })
    const dialogue = new ImapDialogue(gate)
    assert.deepEqual(await converse(dialogue, [goodLogin]), [`a NO [${code}] ${text}`])
    gate.outcome = { upstream }
    assert.deepEqual(await converse(dialogue, ['b.1 LOGIN user@example.com right']), welcomed)
    assert.deepEqual(gate.tags, ['a', 'b.1'])
    const entry = { account: goodUser, by: 'printer', mechanism: 'LOGIN' }
    assert.deepEqual(gate.logins, [entry, entry])
  })
}

const greetings: [name: string, gate: Partial<FakeGate>, reply: string, isOver: boolean][] = [
  [
    'who shows a password is told what there is',
    {},
    `* OK [CAPABILITY ${offered} AUTH=SCRAM-SHA-256 IDLE] ready\r\n`,
    false,
  ],
  [
    'a caller that may send any password is greeted as others are',
    { admission: 'peer', caller: { account: goodUser, by: 'peer' } },
    `* OK [CAPABILITY ${offered} IDLE] ready\r\n`,
    false,
  ],
  [
    'where there are no passwords a caller is logged in at once',
    { offersPasswords: false, admission: 'peer', caller: { account: goodUser, by: 'peer' } },
    '* PREAUTH [CAPABILITY IMAP4rev1 IDLE] logged in\r\n',
    true,
  ],
  [
    'where there is no way up it is told why',
    {
      offersPasswords: false,
      caller: { account: goodUser, by: 'peer' },
      outcome: { failure: away },
    },
    '* BYE [UNAVAILABLE] "smtp.example.com:587" cannot be reached; try again later\r\n',
    true,
  ],
  [
    'a caller that is not admitted is told why',
    { offersPasswords: false },
    '* BYE [AUTHORIZATIONFAILED] uid 33 is not listed in "allow"\r\n',
    true,
  ],
]

for (const [name, gate, text, isOver] of greetings) {
  test(name, async () => {
    const { reply, close, pipe } = await new ImapDialogue(gateOf(gate)).greet()
    assert.equal(reply, text)
    assert.equal((close ?? pipe) !== undefined, isOver)
  })
}

test('whatever a client says is answered, and without a password nothing goes up', async () => {
  const word = fc.constantFrom(
    'a',
    'LOGIN',
    'AUTHENTICATE',
    'PLAIN',
    '{3}',
    '{3+}',
    '"u"',
    'ID',
    '=',
  )
  const anyLine = fc.oneof(
    fc.string(),
    fc.array(word).map((words) => words.join(' ')),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(anyLine), async (lines) => {
      for (const said of await converse(new ImapDialogue(gateOf()), lines)) {
        assert.match(said, /^(?:close$|[*+]|\S+ (?:OK|NO|BAD) )/)
        assert.doesNotMatch(said, /^pipe|IDLE$/)
      }
    }),
  )
})
