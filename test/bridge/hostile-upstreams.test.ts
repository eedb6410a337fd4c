/** What a right password gets where the mail server is hostile, broken or away: never a final refusal. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { protocols } from '../../src/sasl/output-format.ts'
import { goodLogins, theirTag } from '../mail/good-logins.ts'
import { certificates, holdsToken } from '../mail/try-login.ts'
import { createTestCertificates } from '../support/certificates.ts'
import type { MailStep } from '../support/mail-server.ts'
import { logInThroughBridge, type Told } from './hostile-world.ts'

after(() => certificates.remove())

const foreign = await createTestCertificates()
after(() => foreign.remove())
const misnamed = await createTestCertificates({
  names: ['mail.example.org'],
  authorityName: 'authority of others',
})
after(() => misnamed.remove())

/** How each protocol tells that it is temporary, or that somebody must act. */
const answers = {
  SMTP: { away: /^454 4\.7\.0 [ -~]{1,400}$/, stopped: /^454 4\.7\.0 [ -~]{1,400}$/ },
  IMAP: {
    away: /^theirs\.7 NO \[UNAVAILABLE\] [ -~]{1,400}$/,
    stopped: /^theirs\.7 NO \[CONTACTADMIN\] [ -~]{1,400}$/,
  },
  POP: { away: /^-ERR \[SYS\/TEMP\] [ -~]{1,400}$/, stopped: /^-ERR \[SYS\/PERM\] [ -~]{1,400}$/ },
}

interface Hostile {
  SMTP: string
  IMAP: string
  POP: string
  trouble: 'away' | 'stopped'
}

/** In place of the greeting. */
const greetings: Record<string, Hostile> = {
  'is too busy': {
    SMTP: '421 4.3.2 no\r\n',
    IMAP: '* BYE no\r\n',
    POP: '-ERR no\r\n',
    trouble: 'away',
  },
  'is out of service': {
    SMTP: '554 no\r\n',
    IMAP: '* NO no\r\n',
    POP: '-ERR [SYS/TEMP] no\r\n',
    trouble: 'away',
  },
  'lets anybody in': {
    SMTP: '235 in\r\n',
    IMAP: '* PREAUTH in\r\n',
    POP: '+OKAY\r\n',
    trouble: 'away',
  },
  'speaks HTTP': {
    SMTP: 'HTTP/1.1 400 no\r\n',
    IMAP: 'HTTP/1.1 400 no\r\n',
    POP: 'HTTP/1.1 400 no\r\n',
    trouble: 'away',
  },
  'has control characters': {
    SMTP: '554 \x1b[31m\x07a\0\rb\xff\xfe\r\n',
    IMAP: '* BYE \x1b[31m\x07a\0\rb\xff\xfe\r\n',
    POP: '-ERR \x1b[31m\x07a\0\rb\xff\xfe\r\n',
    trouble: 'away',
  },
}

/** After the token, in place of the verdict. */
const verdicts: Record<string, Hostile> = {
  'refuses the token': {
    SMTP: '535 5.7.3 no\r\n',
    IMAP: `${theirTag} NO no\r\n`,
    POP: '-ERR no\r\n',
    trouble: 'stopped',
  },
  'refuses it for good with control characters': {
    SMTP: '535-5.7.3 a\x1b[2J\r\n535 b\0\x07\xff\n\r\n',
    IMAP: `${theirTag} NO a\x1b[2J\0\x07\xff\r\n`,
    POP: '-ERR a\x1b[2J\0\x07\xff\r\n',
    trouble: 'stopped',
  },
  'says at great length no': {
    SMTP: `535 ${'no '.repeat(10_000)}\r\n`,
    IMAP: `${theirTag} NO ${'no '.repeat(10_000)}\r\n`,
    POP: `-ERR ${'no '.repeat(10_000)}\r\n`,
    trouble: 'stopped',
  },
  'cannot check it now': {
    SMTP: '454 4.7.0 later\r\n',
    IMAP: `${theirTag} NO [UNAVAILABLE] later\r\n`,
    POP: '-ERR [SYS/TEMP] later\r\n',
    trouble: 'away',
  },
  'asks for more without end': {
    SMTP: '334 \r\n'.repeat(50),
    IMAP: '+ \r\n'.repeat(50),
    POP: '+ \r\n'.repeat(50),
    trouble: 'away',
  },
  'goes away': { SMTP: '421 bye\r\n', IMAP: '* BYE bye\r\n', POP: '', trouble: 'away' },
  'talks nonsense': { SMTP: 'in\r\n', IMAP: `${theirTag}\r\n`, POP: 'in\r\n', trouble: 'away' },
}

function check(told: Told, expected: RegExp): void {
  assert.match(told.said, expected)
  assert.equal(told.taken, 0)
  assert.ok(!told.isPiped)
}

for (const protocol of protocols) {
  const { plain, secure } = goodLogins[protocol]
  const others = plain.slice(1)
  const end: MailStep = { end: true }

  for (const [name, { trouble, ...says }] of Object.entries(greetings)) {
    test(`${protocol}: a server that ${name}`, async (t) => {
      const steps = [{ say: says[protocol] }, ...others, end]
      const told = await logInThroughBridge(t, protocol, { steps })
      check(told, answers[protocol][trouble])
      assert.ok(!holdsToken(told.received))
    })
  }

  for (const [name, { trouble, ...says }] of Object.entries(verdicts)) {
    test(`${protocol}: a server that ${name} after the token`, async (t) => {
      const steps = [...plain, ...secure, { say: says[protocol] }, end]
      check(await logInThroughBridge(t, protocol, { steps }), answers[protocol][trouble])
    })
  }

  for (const count of [...plain, ...secure].keys()) {
    test(`${protocol}: a server that closes after ${count} steps`, async (t) => {
      for (const last of [end, { reset: true } as const]) {
        const steps = [...[...plain, ...secure].slice(0, count), last]
        const told = await logInThroughBridge(t, protocol, { steps })
        check(told, answers[protocol].away)
        // The last step hears the token, over verified TLS.
        assert.ok(!holdsToken(told.received) || count === plain.length + secure.length - 1)
      }
    })
  }

  for (const [name, server] of Object.entries({
    'from an unknown authority': { shown: foreign },
    'for another name': { shown: misnamed, trusted: misnamed.ca },
  })) {
    test(`${protocol}: a certificate ${name} is temporary, and no token leaves`, async (t) => {
      for (const isImplicitTls of [false, true]) {
        const steps = isImplicitTls ? [] : [...plain, { tls: true } as const]
        const told = await logInThroughBridge(t, protocol, { steps, isImplicitTls, ...server })
        check(told, answers[protocol].away)
        assert.match(told.said, /certificate of "/)
        assert.ok(!holdsToken(told.received))
      }
    })
  }

  test(`${protocol}: an honest server, for comparison`, async (t) => {
    const steps = [...plain, ...secure, { say: goodLogins[protocol].ok }]
    const told = await logInThroughBridge(t, protocol, { steps })
    assert.ok(told.isPiped)
    assert.equal(told.taken, 0)
  })
}

test('IMAP: an OK that comes before the token lets nobody in', async (t) => {
  const { plain, secure } = goodLogins.IMAP
  const steps = [...plain, ...secure.slice(0, -2), { say: `${theirTag} OK in\r\n` }]
  const told = await logInThroughBridge(t, 'IMAP', { steps })
  check(told, /^theirs\.7 NO \[UNAVAILABLE\] /)
  assert.ok(!holdsToken(told.received))
})

test('IMAP: a tagged answer to somebody else is not passed on', async (t) => {
  const { plain, secure } = goodLogins.IMAP
  const says = `other OK in\r\n* 1 EXISTS\r\n${theirTag} OK [CAPABILITY IMAP4rev1] in\r\n`
  const told = await logInThroughBridge(t, 'IMAP', { steps: [...plain, ...secure, { say: says }] })
  assert.doesNotMatch(told.said, /other/)
})

test('IMAP: a list of 100 KB is taken and not promised', async (t) => {
  const { plain, secure } = goodLogins.IMAP
  const list = `* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 ${'X'.repeat(60_000)}\r\n* CAPABILITY ${'Y '.repeat(20_000)}\r\na2 OK\r\n`
  const steps = secure.map((step) =>
    'say' in step && step.say.includes('a2') ? { say: list } : step,
  )
  const script = [...plain, ...steps, { say: goodLogins.IMAP.ok }]
  assert.ok((await logInThroughBridge(t, 'IMAP', { steps: script })).isPiped)
})
