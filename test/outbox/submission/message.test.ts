/** What leaves: the rows of what other programs get wrong, and the bytes of the body. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodyOf, fieldsOf, type Handed, prepare } from './prepare.ts'
import { readMails } from './python-mail.ts'

const name = (from: string, argv: string[] = []): Handed => ({
  argv: ['root', ...argv],
  message: `${from === '' ? '' : `From: ${from}\n`}Subject: s\n\n`,
})

const senders: [string, Handed, string][] = [
  ['Debian cron', name('root (Cron Daemon)'), '"Cron Daemon (alice on host1)" <acct@gmail.com>'],
  ['anacron', name('Anacron <root>'), '"Anacron (alice on host1)" <acct@gmail.com>'],
  ['a bare name', name('root'), '"root (alice on host1)" <acct@gmail.com>'],
  ['an address', name('from@x.org'), '"from (alice on host1)" <acct@gmail.com>'],
  ['nothing', name(''), '"alice (alice on host1)" <acct@gmail.com>'],
  ['-F', name('', ['-FCronDaemon']), '"CronDaemon (alice on host1)" <acct@gmail.com>'],
  ['-F and -f', name('', ['-F', 'Job', '-f', 'x@y']), '"Job (alice on host1)" <acct@gmail.com>'],
  ['-f', name('', ['-f', 'fail2ban']), '"fail2ban (alice on host1)" <acct@gmail.com>'],
  ["-f ''", name('', ['-f', '']), '"alice (alice on host1)" <acct@gmail.com>'],
  ["-f '<>'", name('', ['-f', '<>']), '"alice (alice on host1)" <acct@gmail.com>'],
  ['-F beside From', name('root', ['-F', 'Job']), '"root (alice on host1)" <acct@gmail.com>'],
  [
    'an address as its name',
    name('"boss@evil.org" <root>'),
    '"boss (alice on host1)" <acct@gmail.com>',
  ],
  [
    'an address in encoded words',
    name('=?utf-8?q?boss=40evil.org?= <root>'),
    '"boss (alice on host1)" <acct@gmail.com>',
  ],
  [
    'a name of the template',
    name('"{user} {host}" <root>'),
    '"{user} {host} (alice on host1)" <acct@gmail.com>',
  ],
  ['two', name('a@x.org, b@x.org'), '"a (alice on host1)" <acct@gmail.com>'],
]

test('the sender is the account, and its name tells who it was', () => {
  for (const [who, handed, from] of senders) {
    assert.equal(fieldsOf(prepare(handed)).from, from, who)
  }
})

test('what From was is kept where nobody sends by it', () => {
  assert.equal(fieldsOf(prepare(name('boss@evil.org')))['x-original-from'], 'boss@evil.org')
  assert.equal(fieldsOf(prepare(name('')))['x-original-from'], undefined)
})

test('an address that the outbox allows stays, with its name', () => {
  const rules = { fromAllowed: ['Alerts@x.org'] }
  const stays = fieldsOf(prepare({ ...name('Müller <alerts@X.org>'), rules }))
  assert.equal(stays.from, '=?UTF-8?B?TcO8bGxlcg==?= <Alerts@x.org>')
  assert.equal(stays['x-original-from'], undefined)
  const other = fieldsOf(prepare({ ...name('other@x.org'), rules }))
  assert.match(other.from ?? '', /<acct@gmail\.com>$/)
})

/** A message with its header as it should leave: of fields that the row is about, and the body. */
const rows: [string, Handed, Record<string, string | undefined>, string][] = [
  [
    'no header',
    { message: 'Hello there\nbye\n' },
    { subject: undefined },
    'Hello there\r\nbye\r\n',
  ],
  [
    'no header, and a colon',
    { message: 'Warning: disk full\nbye\n' },
    { warning: undefined },
    'Warning: disk full\r\nbye\r\n',
  ],
  [
    'no blank line',
    { message: 'Subject: s\nthis is text\n' },
    { subject: 's' },
    'this is text\r\n',
  ],
  [
    'CRLF',
    { message: 'Subject: s\r\nX-A: b\r\n\r\ntext\r\n' },
    { subject: 's', 'x-a': 'b' },
    'text\r\n',
  ],
  ['CR', { message: 'Subject: s\r\rtext\r' }, { subject: 's' }, 'text\r\n'],
  [
    'CRLF that was translated again',
    { message: 'Subject: s\r\r\nX-A: b\r\r\n\r\r\none\r\r\n\r\r\ntwo\r\r\r\n' },
    { subject: 's', 'x-a': 'b' },
    'one\r\n\r\ntwo\r\n',
  ],
  [
    'CR and LF with NUL between',
    { message: 'Subject: s\r\0\nX-A: b\0\r\n\r\n\0one\r\0' },
    { subject: 's', 'x-a': 'b' },
    'one\r\n',
  ],
  [
    'a byte order mark',
    { message: '\ufeffSubject: s\r\n\r\none\r\n' },
    { subject: 's' },
    'one\r\n',
  ],
  [
    'a byte order mark before a line of a mailbox file',
    { message: '\ufeffFrom alice Sun Nov 29\nSubject: s\n\none\n' },
    { subject: 's' },
    'one\r\n',
  ],
  [
    'CRLF and LF',
    { message: 'Subject: s\r\nX-A: b\n\none\r\ntwo\n\r\n' },
    { 'x-a': 'b' },
    'one\r\ntwo\r\n\r\n',
  ],
  ['NUL', { message: 'Sub\0ject: s\0s\n\nte\0xt\n' }, { subject: 'ss' }, 'text\r\n'],
  [
    'a line of a mailbox file',
    { message: 'From alice Sun Nov 29\nSubject: s\n\nx\n' },
    { subject: 's' },
    'x\r\n',
  ],
  [
    'From with a blank before its colon',
    { message: 'From : Job <root>\nSubject: s\n\nx\n' },
    { from: '"Job (alice on host1)" <acct@gmail.com>' },
    'x\r\n',
  ],
  ['no line end at last', { message: 'Subject: s\n\ntext' }, {}, 'text\r\n'],
  ['an empty body', { message: 'Subject: s\n\n' }, {}, ''],
  ['a header alone', { message: 'Subject: s' }, { subject: 's' }, ''],
  ['nothing', { message: '' }, { 'x-submitted-by': 'alice@host1 (uid 1002)' }, ''],
  ['a lone dot', { message: 'Subject: s\n\none\n.\ntwo\n' }, {}, 'one\r\n.\r\ntwo\r\n'],
  [
    'a folded field',
    { message: 'Subject: one\n two\n\tthree\n\nx\n' },
    { subject: 'one two\tthree' },
    'x\r\n',
  ],
  [
    'a continuation of blanks',
    { message: 'Subject: one\n \nTo: root\n\nx\n' },
    { subject: 'one', to: 'root <me@example.org>' },
    'x\r\n',
  ],
  [
    'a field that begins with its continuation',
    { message: ' x\nSubject: s\n\n' },
    { subject: undefined },
    ' x\r\nSubject: s\r\n\r\n',
  ],
  [
    '8-bit in Subject',
    { message: 'Subject: Grüße an alle\n\n' },
    { subject: '=?UTF-8?B?R3LDvMOfZQ==?= an alle' },
    '',
  ],
  [
    'Latin-1 in Subject',
    { message: Buffer.from('Subject: Grüße\n\n', 'latin1') },
    { subject: '=?UTF-8?B?R3LDvMOfZQ==?=' },
    '',
  ],
  ['an escape in Subject', { message: 'Subject: a\u001b[2Jb\n\n' }, { subject: 'a[2Jb' }, ''],
  ['twice a Subject', { message: 'Subject: one\nSubject: two\n\n' }, { subject: 'one' }, ''],
  [
    'fields of the way',
    {
      message:
        'Return-Path: <x>\nSender: y\nContent-Length: 5\nStatus: RO\nX-Status: A\nTo: root\n\n',
    },
    {
      'return-path': undefined,
      sender: undefined,
      'content-length': undefined,
      status: undefined,
      'x-status': undefined,
    },
    '',
  ],
  [
    'Auto-Submitted',
    { message: 'Auto-Submitted: auto-generated\nTo: root\n\n' },
    { 'auto-submitted': 'auto-generated' },
    '',
  ],
  [
    'its own Date and Message-ID',
    { message: 'Date: Sat, 28 Nov 2026 10:00:00 +0100\nMessage-ID: <1@x.org>\n\n' },
    { date: 'Sat, 28 Nov 2026 10:00:00 +0100', 'message-id': '<1@x.org>' },
    '',
  ],
  [
    'a Date that is none',
    { message: 'Date: yesterday\nMessage-ID: 1\n\n' },
    { date: 'Sun, 29 Nov 2026 10:00:00 +0000', 'message-id': '<ID1@gmail.com>' },
    '',
  ],
  [
    'cron that declares UTF-8',
    {
      message: Buffer.from(
        'Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\nSubject: s\n\n\xfe\n',
        'latin1',
      ),
    },
    {
      'content-transfer-encoding': 'quoted-printable',
      'content-type': 'text/plain; charset=UTF-8',
    },
    '=FE\r\n',
  ],
  [
    'UTF-8 that nothing is said about',
    { message: 'Subject: s\n\nü\n' },
    { 'content-type': 'text/plain; charset=utf-8', 'mime-version': '1.0' },
    '=C3=BC\r\n',
  ],
  [
    'Latin-1 that nothing is said about',
    { message: Buffer.from('Subject: s\n\nü\n', 'latin1') },
    { 'content-type': 'text/plain; charset=iso-8859-1' },
    '=FC\r\n',
  ],
  [
    'a name of a file',
    { message: 'Content-Type: text/plain; name="ü.txt"\n\nx\n' },
    { 'content-type': "text/plain; name*=utf-8''%C3%BC.txt" },
    'x\r\n',
  ],
  [
    'quoted-printable as it is',
    {
      message:
        'Content-Type: text/plain\nContent-Transfer-Encoding: Quoted-Printable\n\na=C3=BC =\nb\n',
    },
    { 'content-transfer-encoding': 'Quoted-Printable' },
    'a=C3=BC =\r\nb\r\n',
  ],
]

test('a message leaves in one form, however it was written', () => {
  for (const [what, handed, fields, body] of rows) {
    const prepared = prepare(handed)
    const came = fieldsOf(prepared)
    for (const [field, value] of Object.entries(fields)) assert.equal(came[field], value, what)
    assert.equal(bodyOf(prepared), body, what)
    // eslint-disable-next-line no-control-regex
    assert.match(prepared.message.toString('latin1'), /^(?:[\t -~]{0,998}\r\n)+$/, what)
  }
})

test('fields of recipients and the sender are in front of those of MIME', () => {
  const message =
    'MIME-Version: 1.0\nContent-Type: text/plain\nX-A: b\nCc: a@x.org\nTo: root\nFrom: x\n\n'
  const names = Object.keys(fieldsOf(prepare({ argv: ['root', 'a@x.org', 'b@x.org'], message })))
  assert.deepEqual(names.slice(0, 4), ['bcc', 'to', 'cc', 'from'])
  assert.deepEqual(names.slice(-2), ['mime-version', 'content-type'])
})

const eightBit = Buffer.from(
  Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => ![0, 10, 13].includes(byte)),
)
const multipart = (type: string, encoding = '') =>
  Buffer.concat([
    Buffer.from(`Content-Type: ${type}; boundary="=_b"\n${encoding}\npreamble\n--=_b\n\n`),
    eightBit,
    Buffer.from('\n--=_b\nContent-Type: text/html\n\n'),
    Buffer.from(
      `${'<p>ü</p> '.repeat(300)}\n--=_b\nContent-Type: application/x-thing\nContent-Transfer-Encoding: base64\n\nAAEC\n--=_b--\nepilogue\n`,
    ),
  ])

test('a body arrives byte for byte', () => {
  const long = 'x'.repeat(2_000)
  const bodies = [
    'plain\n',
    `${long}\n`,
    ` blanks \t\n \n`,
    `${'é'.repeat(500)}\n`,
    '=3D\n',
    `${'a '.repeat(60)}\n`,
    '.\n..\nFrom x\n',
    `${eightBit.toString('latin1')}\n`,
  ]
  const encodings = ['api', 'smtp'] as const
  const cases = encodings.flatMap((encoding) => bodies.map((body) => ({ encoding, body })))
  const messages = cases.map(({ encoding, body }) => {
    const message = Buffer.concat([Buffer.from('Subject: s\n\n'), Buffer.from(body, 'latin1')])
    return prepare({ message, rules: { encoding } }).message
  })
  for (const [index, { bodies, defects }] of readMails(messages).entries()) {
    assert.equal(bodies[0]?.replaceAll('\r\n', '\n'), cases[index]?.body)
    assert.deepEqual(defects, [])
  }
})

test('an API gets no line of text over 76 letters, SMTP none over 998', () => {
  const message = `Subject: s\n\n${'word '.repeat(16)}\n`
  assert.equal(fieldsOf(prepare({ message }))['content-transfer-encoding'], 'quoted-printable')
  assert.equal(
    fieldsOf(prepare({ message, rules: { encoding: 'smtp' } }))['content-transfer-encoding'],
    undefined,
  )
})

test('parts are encoded each for itself', () => {
  const prepared = prepare({
    message: multipart('multipart/mixed', 'Content-Transfer-Encoding: 8bit\n'),
  })
  const [read] = readMails([prepared.message])
  assert.deepEqual(read?.bodies, [
    eightBit.toString('latin1'),
    Buffer.from('<p>ü</p> '.repeat(300)).toString('latin1'),
    '\0\u0001\u0002',
  ])
  assert.deepEqual(read?.defects, [])
  assert.match(bodyOf(prepared), /^preamble\r\n--=_b\r\n/)
  assert.match(bodyOf(prepared), /--=_b--\r\nepilogue\r\n$/)
  assert.equal(fieldsOf(prepared)['content-transfer-encoding'], undefined)
  // eslint-disable-next-line no-control-regex
  assert.match(prepared.message.toString('latin1'), /^(?:[\t -~]{0,998}\r\n)+$/)
})

test('what is signed or encrypted stays as it is', () => {
  for (const type of ['multipart/signed', 'multipart/encrypted']) {
    const message = multipart(type)
    const body = message.subarray(message.indexOf('\n\n') + 2).toString('latin1')
    assert.equal(bodyOf(prepare({ message })).replaceAll('\r\n', '\n'), body)
  }
})

test('a message in a message is encoded inside', () => {
  const inner = `From: x\nSubject: Grüße\n\n${'ü'.repeat(2_000)}\n`
  const message = `Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n${inner}--b--\n`
  const prepared = prepare({ message })
  // eslint-disable-next-line no-control-regex
  assert.match(prepared.message.toString('latin1'), /^(?:[\t -~]{0,998}\r\n)+$/)
  const [read] = readMails([prepared.message])
  assert.equal(
    Buffer.from(read?.bodies[0] ?? '', 'latin1')
      .toString()
      .trim(),
    'ü'.repeat(2_000),
  )
})

test('of too many fields, those that a reader needs are kept', () => {
  const many = Array.from({ length: 3_000 }, (_, index) => `X-H${index}: ${'v'.repeat(100)}\n`)
  const message = `${many.join('')}References: <1@x>\nSubject: s\n\n`
  const { subject, references } = fieldsOf(prepare({ message }))
  assert.deepEqual({ subject, references }, { subject: 's', references: '<1@x>' })
})

test('a subject is told in letters', () => {
  const subjects = {
    Grüße: 'Grüße',
    '=?utf-8?q?Gr=C3=BC=C3=9Fe?= =?utf-8?b?IQ==?=': 'Grüße!',
    '=?x-none?q?a?=': '=?x-none?q?a?=',
    '=?windows-1252?q?=93=E4=94_=80?= =?ISO-8859-1?b?hQ==?=': '“ä” €…',
    '=?koi8-r?b?8NLJ18XU?=': 'Привет',
    'a\u001b[2J': 'a[2J',
  }
  for (const [written, subject] of Object.entries(subjects)) {
    assert.equal(prepare({ message: `Subject: ${written}\n\n` }).subject, subject)
  }
})
