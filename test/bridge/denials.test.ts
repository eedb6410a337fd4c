/** What keeps a program from coming as far as a login is known to the gate, which tells the log when it leaves. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDialogue } from '../../src/bridge/create-dialogue.ts'
import { denials } from '../../src/bridge/denials.ts'
import type { ClientTls } from '../../src/bridge/gate.ts'
import type { Protocol } from '../../src/sasl/output-format.ts'
import { base64, converse, FakeGate, plain } from './fake-gate.ts'

interface Denied {
  protocol: Protocol
  lines: string[]
  tls?: ClientTls
  offersPasswords?: boolean
  denied: (string | undefined)[]
}

const byMechanism = (name: string) =>
  `the program tries to log in by ${name}, which is not offered here`

const list: Denied[] = [
  { protocol: 'SMTP', lines: ['STARTTLS'], denied: [denials.tlsOff] },
  { protocol: 'IMAP', lines: ['a STARTTLS'], denied: [denials.tlsOff] },
  { protocol: 'POP', lines: ['STLS'], denied: [denials.tlsOff] },
  { protocol: 'SMTP', tls: 'required', lines: ['AUTH LOGIN'], denied: [denials.tlsRequired] },
  // What a device does that knows no TLS, and so sees no AUTH.
  { protocol: 'SMTP', tls: 'required', lines: ['EHLO x'], denied: [denials.tlsRequired] },
  {
    protocol: 'SMTP',
    tls: 'required',
    lines: ['EHLO x', 'STARTTLS'],
    denied: [denials.tlsRequired, undefined],
  },
  {
    protocol: 'SMTP',
    tls: 'required',
    lines: ['MAIL FROM:<a@b.c>'],
    denied: [denials.tlsRequired],
  },
  { protocol: 'IMAP', tls: 'required', lines: ['a LOGIN x y'], denied: [denials.tlsRequired] },
  {
    protocol: 'IMAP',
    tls: 'required',
    lines: ['a AUTHENTICATE PLAIN'],
    denied: [denials.tlsRequired],
  },
  { protocol: 'POP', tls: 'required', lines: ['USER x'], denied: [denials.tlsRequired] },
  {
    protocol: 'SMTP',
    offersPasswords: false,
    lines: ['AUTH LOGIN'],
    denied: [denials.noPasswords],
  },
  { protocol: 'SMTP', lines: ['AUTH CRAM-MD5'], denied: [byMechanism('CRAM-MD5')] },
  { protocol: 'SMTP', lines: ['auth ntlm TlRM'], denied: [byMechanism('NTLM')] },
  { protocol: 'IMAP', lines: ['a AUTHENTICATE DIGEST-MD5'], denied: [byMechanism('DIGEST-MD5')] },
  { protocol: 'POP', lines: ['AUTH XOAUTH2'], denied: [byMechanism('XOAUTH2')] },
  { protocol: 'POP', lines: ['APOP x y'], denied: [byMechanism('APOP')] },
  // A password in the wrong place is not told.
  { protocol: 'SMTP', lines: ['AUTH mypassword'], denied: [byMechanism('a mechanism')] },
  { protocol: 'SMTP', lines: ['AUTH PLAIN !'], denied: [denials.unreadable] },
  { protocol: 'SMTP', lines: ['AUTH LOGIN', 'dXNlcg'], denied: [denials.unreadable] },
  { protocol: 'IMAP', lines: ['a LOGIN x'], denied: [denials.unreadable] },
  { protocol: 'POP', lines: ['AUTH PLAIN !'], denied: [denials.unreadable] },
  { protocol: 'SMTP', lines: ['AUTH LOGIN', '*', 'VRFY x', 'NOOP'], denied: [] },
  { protocol: 'SMTP', lines: [`AUTH PLAIN ${plain('user@example.com', 'wrong')}`], denied: [] },
  {
    protocol: 'SMTP',
    lines: ['AUTH LOGIN', base64('user@example.com'), base64('right')],
    denied: [],
  },
  { protocol: 'POP', tls: 'offered', lines: ['STLS'], denied: [] },
]

for (const { protocol, lines, denied, tls = 'off', offersPasswords = true } of list) {
  const what = denied[0] ?? 'nothing is denied'
  test(`${protocol}, TLS ${tls}, ${lines.join(', ')}: ${what}`, async () => {
    const gate = Object.assign(new FakeGate(), { tls, offersPasswords })
    await converse(createDialogue(protocol, gate), lines)
    assert.deepEqual(gate.denied, denied)
  })
}
