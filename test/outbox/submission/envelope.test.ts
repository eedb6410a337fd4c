/** Whom a message goes to, and whom its header names: the same people. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fieldsOf, type Handed, prepare, refusalOf } from './prepare.ts'
import { readMails } from './python-mail.ts'

const me = 'me@example.org'

const envelopes: [string, Handed, string[]][] = [
  ['a name by its alias', {}, [me]],
  ['a list in one argument', { argv: ['a@x.org,root'] }, ['a@x.org', me]],
  ['a name with its address', { argv: ['Name <a@x.org>'] }, ['a@x.org']],
  ['addresses between blanks', { argv: ['a@x.org b@x.org'] }, ['a@x.org', 'b@x.org']],
  ['an alias of two', { argv: ['team'] }, [me, 'you@example.org']],
  ['one of /etc/aliases that leads to one of ours', { argv: ['postmaster'] }, [me]],
  ['one of /etc/aliases', { argv: ['alice'] }, ['alice@x.org']],
  ['any name, by "*"', { argv: ['nobody'], rules: { aliases: { '*': [me] } } }, [me]],
  ['a name in upper case', { argv: ['ROOT'] }, [me]],
  ['localhost', { argv: ['root@localhost'] }, [me]],
  ['the name of the host', { argv: ['root@HOST1.example.net'] }, [me]],
  ['another name of it', { argv: ['root@mail.example.net'] }, [me]],
  ['a configured domain', { argv: ['root@example.lan'] }, [me]],
  ['twice the same', { argv: ['a@x.org', 'a@X.ORG', 'root', 'postmaster'] }, ['a@x.org', me]],
  ['-t', { argv: ['-t'], message: 'To: root, a@x.org\n\n' }, [me, 'a@x.org']],
  [
    '-t with Cc and Bcc',
    { argv: ['-t'], message: 'To: root\nCc: a@x.org\nBcc: b@x.org\n\n' },
    [me, 'a@x.org', 'b@x.org'],
  ],
  ['-t and arguments: both', { argv: ['-t', 'c@x.org'], message: 'To: root\n\n' }, ['c@x.org', me]],
  [
    '-t with a To for each',
    { argv: ['-t'], message: 'To: a@x.org\nTo: b@x.org\n\n' },
    ['a@x.org', 'b@x.org'],
  ],
  ['-t with Resent-To', { argv: ['-t'], message: 'To: root\nResent-To: a@x.org\n\n' }, ['a@x.org']],
  ['-t with a group', { argv: ['-t'], message: 'To: ops: a@x.org, root;\n\n' }, ['a@x.org', me]],
  [
    '-t with a folded field',
    { argv: ['-t'], message: 'To: a@x.org,\n\tb@x.org\n\n' },
    ['a@x.org', 'b@x.org'],
  ],
  ['-t with a blank before the colon', { argv: ['-t'], message: 'To : a@x.org\n\n' }, ['a@x.org']],
  ['without -t fields are not asked', { message: 'To: a@x.org\n\n' }, [me]],
  [
    'an international domain',
    { argv: ['a@bücher.de'], rules: { recipients: ['*'] } },
    ['a@xn--bcher-kva.de'],
  ],
  ['what aliases name, if nothing else is said', { argv: [me], rules: { recipients: [] } }, [me]],
]

test('a message goes to its arguments, with -t to its fields too, by the aliases', () => {
  for (const [name, handed, recipients] of envelopes) {
    assert.deepEqual(prepare(handed).recipients, recipients, name)
  }
})

const chain = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`n${n}`, [`n${n + 1}`]]))

const refusals: [string, Handed, string][] = [
  ['nobody', { argv: [] }, 'usage'],
  ['nobody with -t', { argv: ['-t'], message: 'Subject: x\n\n' }, 'usage'],
  [
    'nobody but an empty group',
    { argv: ['-t'], message: 'To: undisclosed-recipients:;\n\n' },
    'usage',
  ],
  ['a name without an alias', { argv: ['bob'] }, 'recipient_unknown'],
  ['a name of the prototype', { argv: ['constructor'] }, 'recipient_unknown'],
  ['one that is not named', { argv: ['x@evil.org'] }, 'not_permitted'],
  ['a subdomain of one that is', { argv: ['x@sub.x.org'] }, 'not_permitted'],
  ['a domain that ends like one that is', { argv: ['x@evilx.org'] }, 'not_permitted'],
  ['one that is not named beside one that is', { argv: ['root', 'x@evil.org'] }, 'not_permitted'],
  ['not an address', { argv: ['a@'] }, 'address_invalid'],
  ['a line end in an address', { argv: ['"a\nb"@x.org'] }, 'address_invalid'],
  ['an escape in an address', { argv: ['a\u001b@x.org'] }, 'address_invalid'],
  ['a local part beyond ASCII', { argv: ['ü@x.org'] }, 'address_invalid'],
  ['two dots', { argv: ['a@x..org'] }, 'address_invalid'],
  ['a long one', { argv: [`${'a'.repeat(300)}@x.org`] }, 'address_invalid'],
  ['a circle of /etc/aliases', { argv: ['loop'] }, 'config_invalid'],
  ['a long chain', { argv: ['n0'], machine: { aliases: chain } }, 'config_invalid'],
  ['a command', { argv: ['|/bin/sh'] }, 'recipient_unknown'],
  [
    '501 recipients',
    { argv: Array.from({ length: 501 }, (_, n) => `u${n}@x.org`) },
    'address_invalid',
  ],
  [
    '100,000 recipients',
    { argv: Array.from({ length: 100_000 }, (_, n) => `u${n}@x.org`) },
    'address_invalid',
  ],
]

test('who cannot or may not be written to is refused before anything is stored', () => {
  for (const [name, handed, code] of refusals) assert.equal(refusalOf(handed), code, name)
})

test('500 recipients are not too many', () => {
  const argv = Array.from({ length: 500 }, (_, n) => `u${n}@x.org`)
  assert.equal(prepare({ argv }).recipients.length, 500)
})

const written: [string, Handed, Record<string, string | undefined>][] = [
  ['a bare name', { message: 'To: root\n\n' }, { to: 'root <me@example.org>', bcc: undefined }],
  [
    'a name that is kept',
    { message: 'To: "Me, myself" <root>\n\n' },
    { to: '"Me, myself" <me@example.org>' },
  ],
  [
    'who is not a recipient',
    { message: 'To: x@evil.org, root\n\n' },
    { to: 'root <me@example.org>', 'x-original-to': 'x@evil.org, root' },
  ],
  [
    'nobody of it is',
    { message: 'To: x@evil.org\nCc: y@evil.org\n\n' },
    { to: undefined, cc: undefined, bcc: me, 'x-original-cc': 'y@evil.org' },
  ],
  [
    'once in To and Cc',
    { message: 'To: root\nCc: me@example.org\n\n' },
    { to: 'root <me@example.org>', cc: undefined },
  ],
  ['Bcc without -t', { argv: ['root'], message: 'To: root\nBcc: b@x.org\n\n' }, { bcc: undefined }],
  [
    'recipients of arguments alone',
    { argv: ['a@x.org', 'b@x.org'], message: 'To: a@x.org\n\n' },
    { to: 'a@x.org', bcc: 'b@x.org' },
  ],
  [
    'one recipient that nothing names',
    { argv: ['a@x.org'], message: 'hello\n' },
    { to: 'a@x.org', bcc: undefined },
  ],
  [
    'two that nothing names',
    { argv: ['a@x.org', 'b@x.org'], message: 'hello\n' },
    { to: undefined, bcc: 'a@x.org, b@x.org' },
  ],
  [
    'a forged original',
    { message: 'X-Original-To: x\nX-Submitted-By: root@host1\nTo: root\n\n' },
    { 'x-original-to': undefined, 'x-submitted-by': 'alice@host1 (uid 1002)' },
  ],
  [
    'fields of who sends it again',
    { argv: ['-t'], message: 'To: root\nResent-To: a@x.org\n\n' },
    { to: undefined, bcc: 'a@x.org', 'resent-to': undefined, 'x-original-resent-to': 'a@x.org' },
  ],
  [
    'an old field of recipients',
    { message: 'To: root\nApparently-To: x@evil.org\n\n' },
    { 'apparently-to': undefined },
  ],
  ['Reply-To with a bare name', { message: 'Reply-To: root\nTo: root\n\n' }, { 'reply-to': me }],
  [
    'Reply-To elsewhere',
    { message: 'Reply-To: List <l@evil.org>\nTo: root\n\n' },
    { 'reply-to': 'List <l@evil.org>' },
  ],
  ...Object.entries({
    'Bcc: ,': undefined,
    'x: ;': undefined,
    'Us: A <a@x.org>, b@x.org;': 'A <a@x.org>, b@x.org',
    'quoted <1@x.org> rest <': 'quoted rest <1@x.org>',
    'Käse <l@x.org>, Root <root>': `=?UTF-8?B?S8Okc2U=?= <l@x.org>, Root <${me}>`,
  }).map(([value, wanted]): [string, Handed, Record<string, string | undefined>] => [
    `Reply-To: ${value}`,
    { message: `Reply-To: ${value}\nTo: root\n\n` },
    { 'reply-to': wanted },
  ]),
  [
    'Reply-To that means nobody',
    { message: 'Reply-To: bob\nTo: root\n\n' },
    { 'reply-to': undefined },
  ],
]

test('To, Cc and Bcc are written again from the envelope', () => {
  for (const [name, handed, fields] of written) {
    const came = fieldsOf(prepare(handed))
    for (const [field, value] of Object.entries(fields)) assert.equal(came[field], value, name)
  }
})

test('SMTP is told of a hidden recipient by the envelope alone', () => {
  const message = 'To: root\nBcc: a@x.org\n\n'
  const prepared = prepare({ argv: ['-t'], message, rules: { encoding: 'smtp' } })
  assert.deepEqual(prepared.recipients, [me, 'a@x.org'])
  assert.equal(fieldsOf(prepared).bcc, undefined)
  assert.ok(!prepared.message.includes('a@x.org'))
})

/** Pieces of lists that parsers read in different ways. */
const piece = fc.constantFrom(
  'root',
  'a@x.org',
  'b@x.org',
  'x@evil.org',
  'team',
  'Name',
  '"',
  '\\',
  '<',
  '>',
  ',',
  ';',
  ':',
  '(',
  ')',
  '@',
  ' ',
  '\n ',
  '\n\t',
  '=?utf-8?q?=2C_x=40evil.org?=',
  '=?utf-8?b?LCB4QGV2aWwub3Jn?=',
  '"x@evil.org"',
  '<x@evil.org>',
  '\r',
  '\0',
  'é',
  '[',
  ']',
  '"a, <x@evil.org>"',
  '(x@evil.org)',
  'grp:',
  '\n \n',
  '\u000b',
  '\nBcc: ',
  '\nTo: ',
  '\nCc:',
)

/** RFC 2047 has no encoded word in an address, and some readers decode it there. */
const [quoted, encoded] = ['=?utf-8?q?=2C_x=40evil.org?=', '=?utf-8?b?LCB4QGV2aWwub3Jn?=']
const encodedLocalParts: [string[], string[], string[], boolean][] = [
  ['"@', quoted, encoded, ' x@evil.org', quoted, 'b@x.orgb@x.org'],
  ['"', quoted, ' ', encoded, '"@x.org'],
  [quoted, '@x.org'],
  ['<', encoded, '@x.org>'],
].flatMap((cc) => [true, false].map((reads) => [[], cc, [], reads]))

test('whoever is in the header of the result is exactly the envelope', () => {
  const messages: Buffer[] = []
  const envelopes: string[][] = []
  const parts = fc.array(piece, { maxLength: 14 })
  fc.assert(
    fc.property(parts, parts, parts, fc.boolean(), (to, cc, from, reads) => {
      const message = `To: ${to.join('')}\nCc: ${cc.join('')}\nFrom: ${from.join('')}\nSubject: s\n\ntext\n`
      const handed = { argv: reads ? ['-t', 'root'] : ['root', 'a@x.org'], message }
      const refusal = refusalOf(handed)
      if (refusal !== 'accepted') return
      const prepared = prepare(handed)
      messages.push(prepared.message)
      envelopes.push(prepared.recipients)
    }),
    { numRuns: 2_000, examples: encodedLocalParts },
  )
  assert.ok(messages.length > 500, `${messages.length} were accepted`)
  for (const [index, { recipients, from }] of readMails(messages).entries()) {
    const message = messages[index]?.toString()
    assert.deepEqual(recipients.toSorted(), envelopes[index]?.toSorted(), message)
    assert.deepEqual(
      from.map(([, address]) => address),
      ['acct@gmail.com'],
      message,
    )
    assert.ok(!from.some(([name]) => name.includes('@')), message)
  }
})
