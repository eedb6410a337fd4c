import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canJoin } from '../../../src/outbox/digest/can-join.ts'
import { prepare } from '../submission/prepare.ts'

const both = { aliases: { root: ['me@example.org', 'you@example.org'] }, recipients: ['*'] }

/** What `sendmail ARGV` hands over, with what is said of it. */
const joins: Record<string, { argv?: string[]; message: string }> = {
  'a report of cron': {
    message: 'From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@host1> sync\n\nfailed\n',
  },
  'a report without a header': { message: 'disk full\n' },
  'a report to two people who are named': { argv: ['-t'], message: 'To: root\nSubject: s\n\nx\n' },
  'letters beyond ASCII': { message: 'Subject: Grüße\n\nÄÖÜ\n' },
  'a share of a disk': { message: 'Subject: /dev/sda1 is full, 3 of 4\n\nx\n' },
  'a path with numbers': { message: 'Subject: error in /var/1/2/3\n\nx\n' },
  'a signed report': {
    message:
      'Subject: s\nContent-Type: multipart/signed; boundary=b\n\n--b\n\nx\n--b\n\ny\n--b--\n',
  },
}

const staysAlone: Record<string, { argv?: string[]; message: string; rules?: object }> = {
  'a patch of a series': { message: 'Subject: [PATCH 03/25] a: b\n\nx\n' },
  'the cover letter of a series': { message: 'Subject: [PATCH v2 00/25] a: b\n\nx\n' },
  'a patch without a number': { message: 'Subject: [RFC PATCH net-next] a: b\n\nx\n' },
  'an answer': { message: 'Subject: s\nIn-Reply-To: <1@x>\n\nx\n' },
  'what refers to another': { message: 'Subject: s\nReferences: <1@x>\n\nx\n' },
  'what git sends, whatever its subject': {
    message: 'Subject: a: b\nX-Mailer: git-send-email 2.39.2\n\nx\n',
  },
  'a part of several': { message: 'Subject: archive.tar (2/7)\n\nx\n' },
  'mail of a list': { message: 'Subject: s\nList-Id: <l.example.org>\n\nx\n' },
  'a message that was sent on': { message: 'Subject: s\nResent-From: me@example.org\n\nx\n' },
  'one of two recipients who are hidden from each other': {
    message: 'Subject: s\n\nx\n',
    rules: both,
  },
  'the same, by a mail server': {
    message: 'Subject: s\n\nx\n',
    rules: { ...both, encoding: 'smtp' },
  },
  'what is signed with letters of 8 bits': {
    message:
      'Subject: s\nContent-Type: multipart/signed; boundary=b\n\n--b\n\nÄ\n--b\n\ny\n--b--\n',
  },
  'what is signed with a line that is too long': {
    message: `Subject: s\nContent-Type: multipart/signed; boundary=b\n\n--b\n\n${'a'.repeat(999)}\n--b--\n`,
  },
}

for (const [expected, cases] of [
  [true, joins],
  [false, staysAlone],
] as const) {
  for (const [name, { argv = ['root'], message, ...rest }] of Object.entries(cases)) {
    test(`${name} ${expected ? 'can be a part of a digest' : 'is sent on its own'}`, () => {
      const rules = name.includes('two') ? both : {}
      const prepared = prepare({ argv, message, rules, ...rest })
      assert.equal(canJoin(prepared.message, prepared.recipients), expected)
    })
  }
}
