/** What is answered, line by line, by a table; and that nothing goes to whom RCPT did not name. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { MessageTooLargeError, OutboxFullError } from '../../../src/errors.ts'
import { Aliases } from '../../../src/outbox/submission/aliases.ts'
import { RecipientList } from '../../../src/outbox/submission/recipient-list.ts'
import type { SmtpEnvelope } from '../../../src/outbox/submission/submission.ts'
import { SubmissionDialogue } from '../../../src/outbox/dialogue/submission-dialogue.ts'
import { assertSentence } from '../../support/golden.ts'

interface Stored extends SmtpEnvelope {
  message: string
  size: number
}

const machine = { host: 'here', names: [], aliases: {} }
const rules = {
  aliases: { root: ['me@example.org'], staff: ['a@x.org', 'b@x.org'] },
  recipients: ['@x.org'],
  localDomains: [],
}

function dialogueWith(trouble?: Error, isCut = false) {
  const stored: Stored[] = []
  const dialogue = new SubmissionDialogue(
    {
      extensions: () => ['SIZE 1000', 'PIPELINING'],
      sizeLimit: () => (isCut ? undefined : 1_000),
      createRecipients: () => new RecipientList(new Aliases(rules, machine)),
      accept: (envelope, message, size) => {
        if (trouble !== undefined) throw trouble
        stored.push({ ...envelope, message: message.toString(), size })
        return 'ID'
      },
    },
    'here',
  )
  return { dialogue, stored }
}

/** What is said to the lines; a message is given where one is asked for. */
function talk(lines: readonly string[], trouble?: Error) {
  const { dialogue, stored } = dialogueWith(trouble)
  const said: string[] = []
  for (const line of lines) {
    const { text, isData, isLast } = dialogue.receive(line)
    said.push(text.trimEnd())
    if (isData) said.push(dialogue.finish(Buffer.from('hi'), 2).text.trimEnd())
    if (isLast) said.push('close')
  }
  return { said, stored }
}

const first = '503 5.5.1 MAIL comes first'
const ok = '250 2.0.0 OK'
const given = '354 end with a line that has a dot alone'
const mail = 'MAIL FROM:<p@x.org>'
const mailOk = '250 2.1.0 OK'
const rcptOk = '250 2.1.5 OK'

const rows: [name: string, lines: string[], said: string[]][] = [
  ['EHLO lists what there is', ['EHLO c'], ['250-here\r\n250-SIZE 1000\r\n250 PIPELINING']],
  [
    'what is always answered',
    ['helo c', 'NOOP x', 'RSET', 'VRFY a', 'HELP', 'quit'],
    [
      '250 here',
      ok,
      ok,
      '252 2.1.5 try RCPT',
      '214 2.0.0 see cms-oauth.toml(5), [[outbox]]',
      '221 2.0.0 bye',
      'close',
    ],
  ],
  [
    'a message, without HELO and in any case of letters',
    ['mail from:<p@x.org>', 'rcpt to:<a@x.org>', 'data', mail],
    [mailOk, rcptOk, given, '250 2.0.0 accepted as ID', mailOk],
  ],
  ['nothing comes before MAIL', ['RCPT TO:<a@x.org>', 'DATA'], [first, first]],
  ['DATA needs a recipient', [mail, 'DATA'], [mailOk, '554 5.5.1 no recipient was taken']],
  ['DATA has no parameters', [mail, 'DATA x'], [mailOk, '501 5.5.4 DATA has no parameters']],
  [
    'MAIL comes once',
    [mail, mail, 'RSET', mail, 'EHLO c', mail],
    [
      mailOk,
      '503 5.5.1 there is a MAIL already: send RSET first',
      ok,
      mailOk,
      '250-here\r\n250-SIZE 1000\r\n250 PIPELINING',
      mailOk,
    ],
  ],
  [
    'what MAIL may say',
    [
      'MAIL FROM:<> SIZE=1000 BODY=8BITMIME AUTH=<>',
      'RSET',
      'MAIL FROM:<a@x.org> SIZE=1001',
      'MAIL FROM:<a@x.org> SMTPUTF8',
      'MAIL FROM:<a@x.org> BY=100;R',
      'MAIL FROM:<a@x.org> RET=HDRS ENVID=x',
      'RSET',
      'MAIL a@x.org',
    ],
    [
      mailOk,
      ok,
      '552 5.3.4 this outbox takes 1000 bytes',
      '555 5.5.4 a parameter of MAIL is not known',
      '555 5.5.4 a parameter of MAIL is not known',
      mailOk,
      ok,
      '501 5.5.4 MAIL is not as it should be',
    ],
  ],
  [
    'one recipient that may not be written to does not keep the others',
    [
      mail,
      'RCPT TO:<a@elsewhere.org>',
      'RCPT TO:<nobody>',
      'RCPT TO:<a b@x.org>',
      'RCPT TO:<>',
      'RCPT TO:<a@x.org> RRVS=2026-11-30T00:00:00Z',
      'RCPT TO:<root> NOTIFY=FAILURE,DELAY ORCPT=rfc822;root@localhost',
      'RCPT TO:<root>',
      'DATA',
    ],
    [
      mailOk,
      '550 5.7.1 this outbox may not send to "a@elsewhere.org"; add the address or its @domain to "recipients" of [[outbox]]',
      '550 5.1.1 "nobody" is a name without an alias; add it to "aliases" of [[outbox]], or "*" for all names',
      '553 5.1.3 "a b@x.org" is not an address; write it like user@example.org, or a name that has an alias',
      '501 5.5.4 RCPT is not as it should be',
      '555 5.5.4 a parameter of RCPT is not known',
      rcptOk,
      rcptOk,
      given,
      '250 2.0.0 accepted as ID',
    ],
  ],
  [
    'a login and TLS are behind it',
    ['AUTH PLAIN AAAA', 'STARTTLS'],
    [
      '503 5.5.1 AUTH is not needed any more: send MAIL',
      '503 5.5.1 STARTTLS is not needed any more: send MAIL',
    ],
  ],
  [
    'BDAT is not read as commands',
    [mail, 'BDAT 12 LAST'],
    [mailOk, '421 4.7.0 BDAT is not offered here', 'close'],
  ],
  [
    'the tenth unknown command closes',
    Array.from({ length: 10 }, () => 'XYZ'),
    [
      ...Array.from({ length: 9 }, () => '500 5.5.2 this command is not known'),
      '421 4.7.0 too many unknown commands',
      'close',
    ],
  ],
]

for (const [name, lines, wanted] of rows) {
  test(name, () => assert.deepEqual(talk(lines).said, wanted))
}

test('the envelope is what RCPT named, each once, by the aliases', () => {
  const named = ['<staff>', '<A@x.org>', '<a@X.ORG>', '<root@localhost>', '<"a,b"@x.org>']
  const { stored } = talk([mail, ...named.map((path) => `RCPT TO:${path}`), 'DATA'])
  assert.deepEqual(stored, [
    {
      sender: 'p@x.org',
      recipients: ['a@x.org', 'b@x.org', 'A@x.org', 'me@example.org', '"a,b"@x.org'],
      message: 'hi',
      size: 2,
    },
  ])
})

test('what can never be sent is 5yz, and what may be later is 4yz', () => {
  const message = [mail, 'RCPT TO:<root>', 'DATA']
  const full = talk(message, new OutboxFullError('no room', { hint: 'make some' }))
  assert.equal(full.said.at(-1), '452 4.3.1 no room; make some')
  const large = talk(message, new MessageTooLargeError('too large', { hint: '' }))
  assert.equal(large.said.at(-1), '552 5.3.4 too large')
  assert.throws(() => talk(message, new TypeError('a fault')), TypeError)
})

test('where what is too large is cut, no size is refused', () => {
  const { dialogue } = dialogueWith(undefined, true)
  assert.match(dialogue.receive(`${mail} SIZE=99999999`).text, /^250 /)
})

test('the 501st recipient is for the next message', () => {
  const names = Array.from({ length: 501 }, (_, index) => `RCPT TO:<u${index}@x.org>`)
  const { said, stored } = talk([mail, ...names, 'DATA'])
  assertSentence(said.at(-3), 'too many recipients', { code: '452 4.5.3' })
  assert.equal(stored[0]?.recipients.length, 500)
})

const anyLine = fc.oneof(
  fc.constantFrom(
    mail,
    'MAIL FROM:<>',
    'RCPT TO:<root>',
    'RCPT TO:<a@x.org>',
    'RCPT TO:<a@elsewhere.org>',
    'DATA',
    'RSET',
    'EHLO c',
    'HELO c',
    'QUIT',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => `RCPT TO:<${text}>`),
)

test('whatever comes gets one reply in one form, and nobody gets mail whom the outbox does not name', () => {
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 30 }), (lines) => {
      const { said, stored } = talk(lines)
      for (const text of said) assert.match(text, /^(?:close|(?:\d{3}[- ][ -~]*(?:\r\n|$))+)$/)
      for (const text of said) assert.ok(text.length <= 510)
      for (const { recipients } of stored) {
        assert.ok(recipients.length > 0)
        for (const one of recipients) assert.match(one, /^(?:me@example\.org|[^]*@x\.org)$/)
      }
    }),
    { numRuns: 500 },
  )
})
