/** Servers that go away, say nothing, say too much, or speak out of turn, in every state up to the login. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { isCmsOauthError } from '../../src/errors.ts'
import { loginFailure } from '../../src/mail/login-failure.ts'
import { protocols } from '../../src/sasl/output-format.ts'
import { assertSentence } from '../support/golden.ts'
import type { MailStep } from '../support/mail-server.ts'
import { goodLogins } from './good-logins.ts'
import { failToLogIn } from './open-session.ts'
import { certificates, holdsToken } from './try-login.ts'

after(() => certificates.remove())

/** Where a server may stop: after each step of the good script. */
const states = protocols.flatMap((protocol) => {
  const steps = [...goodLogins[protocol].plain, ...goodLogins[protocol].secure]
  return Array.from({ length: steps.length + 1 }, (_, count) => ({
    protocol,
    count,
    steps: steps.slice(0, count),
  }))
})

for (const { protocol, count, steps } of states) {
  for (const [name, end] of [
    ['a close', { end: true }],
    ['a reset', { reset: true }],
  ] as const) {
    test(`${protocol}: ${name} after ${count} steps is a way that is not there`, async (t) => {
      const { error } = await failToLogIn(t, protocol, [...steps, end])
      assert.equal(isCmsOauthError(error) && loginFailure(error), 'unreachable', String(error))
    })
  }

  test(`${protocol}: a caller that cancels after ${count} steps gets its own reason`, async (t) => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const cancel: MailStep = { reach: () => controller.abort(reason) }
    const { signal } = controller
    const { error } = await failToLogIn(t, protocol, [...steps, cancel], { signal })
    assert.equal(error, reason)
  })
}

for (const { protocol, count, steps } of states) {
  test(`${protocol}: silence after ${count} steps ends at the limit`, async (t) => {
    const { error } = await failToLogIn(t, protocol, steps, { limitMs: 150 })
    const where = /127\.0\.0\.1:\d+/.exec(String(error))?.[0]
    assertSentence((error as Error).message, 'silence', { where })
  })
}

/** Comes in place of each thing that the server says in the good script, and of its verdict. */
const floods: [name: string, step: MailStep][] = [
  ['a line of a MiB without an end', { say: 'x'.repeat(2 ** 20) }],
  ['a line without an end', { forever: 'x'.repeat(8_192) }],
  ['NUL without an end', { forever: '\0'.repeat(8_192) }],
  ['10,000 lines of SMTP', { say: '250-x\r\n'.repeat(10_000) }],
  ['10,000 lines of IMAP', { say: '* OK x\r\n'.repeat(10_000) }],
  ['10,000 lines of POP', { say: 'x\r\n'.repeat(10_000) }],
  ['empty lines without an end', { forever: '\r\n'.repeat(1_000) }],
  ['a literal of a GiB', { say: '* X {999999999}\r\n' }],
  ['literals without an end', { forever: '* X {2}\r\nab {2}\r\n'.repeat(500) }],
]

for (const protocol of protocols) {
  const { plain, secure } = goodLogins[protocol]
  const steps = [...plain, ...secure]
  const places = steps.flatMap((step, place) => ('say' in step ? [place] : []))
  const invitation = places.at(-1) ?? 0
  for (const [name, flood] of floods) {
    test(`${protocol}: a flood comes to an end in every state: ${name}`, async (t) => {
      for (const place of [...places, steps.length]) {
        const script = [...steps.slice(0, place), flood]
        const { error, received } = await failToLogIn(t, protocol, script)
        assert.ok(isCmsOauthError(error), String(error))
        assert.doesNotMatch(error.message, /in time/)
        assert.ok(!holdsToken(received) || place >= invitation)
      }
    })
  }
}

/** Bytes that came before the handshake, in the packet of the consent or behind it. */
for (const protocol of protocols) {
  const { plain, secure } = goodLogins[protocol]
  const consent = plain.at(-1) as { say: string }
  for (const [name, injected] of Object.entries({
    'a reply': '250 AUTH XOAUTH2\r\n',
    'a part of a line': '2',
    'a line end': '\n',
    'a NUL': '\0',
    'a record of TLS': '\x16\x03\x01\x00\x01\x00',
  })) {
    const before = plain.slice(0, -1)
    const cases: Record<string, MailStep[]> = {
      'in the packet of the consent': [...before, { say: consent.say + injected }, ...secure],
      'behind it': [...before, consent, { hearAnything: true }, { say: injected }],
    }
    for (const [when, steps] of Object.entries(cases)) {
      test(`${protocol}: nothing is read before TLS that came after the consent: ${name} ${when}`, async (t) => {
        const script: MailStep[] = when === 'behind it' ? [...steps, { end: true }] : steps
        const { error, received } = await failToLogIn(t, protocol, script)
        assert.ok(isCmsOauthError(error), String(error))
        assert.ok(!holdsToken(received))
        assert.doesNotMatch(received, /AUTH/)
      })
    }
  }
}

for (const [name, reply] of [
  ['a refusal behind a yes', '235-yes\r\n535 no\r\n'],
  ['a yes behind a refusal', '535-no\r\n235 yes\r\n'],
  ['a challenge behind a yes', '235-yes\r\n334 \r\n'],
] as const) {
  test(`SMTP: the lines of one reply have one code: ${name}`, async (t) => {
    const { plain, secure } = goodLogins.SMTP
    const { error } = await failToLogIn(t, 'SMTP', [...plain, ...secure, { say: reply }])
    const where = /127\.0\.0\.1:\d+|localhost:\d+/.exec(String(error))?.[0]
    assertSentence((error as Error).message, 'the lines of one reply', { where })
  })
}
