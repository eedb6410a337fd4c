/** Why a login failed, for callers that answer a mail program: refused, untrusted, later, or no way. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { isCmsOauthError } from '../../src/errors.ts'
import { Connection } from '../../src/mail/connection/connection.ts'
import { createMailTls } from '../../src/mail/connection/verified-tls.ts'
import { loginFailure } from '../../src/mail/login-failure.ts'
import type { Protocol } from '../../src/sasl/output-format.ts'
import type { MailStep } from '../support/mail-server.ts'
import { credentialFor, openSession } from './open-session.ts'
import { asked as smtp, consent, greeting, inTls } from './smtp-steps.ts'
import { certificates } from './try-login.ts'

after(() => certificates.remove())

const imap: MailStep[] = [
  { say: '* OK\r\n' },
  { hear: /^a1 STARTTLS$/ },
  { say: 'a1 OK\r\n' },
  { tls: true },
  { hear: /^a2 CAPABILITY$/ },
  { say: '* CAPABILITY AUTH=XOAUTH2\r\na2 OK\r\n' },
  { hear: /^a3 AUTHENTICATE XOAUTH2$/ },
  { say: '+\r\n' },
  { hear: /./ },
]
const pop: MailStep[] = [
  { say: '+OK\r\n' },
  { hear: /^STLS$/ },
  { say: '+OK\r\n' },
  { tls: true },
  { hear: /^CAPA$/ },
  { say: '+OK\r\nSASL XOAUTH2\r\n.\r\n' },
  { hear: /^AUTH XOAUTH2$/ },
  { say: '+\r\n' },
  { hear: /./ },
]
const challenge = (prefix: string): MailStep[] => [{ say: `${prefix} e30=\r\n` }, { hear: /^$/ }]

const said: [protocol: Protocol, name: string, steps: MailStep[], kind: string][] = [
  ['SMTP', '535', [...smtp(), { say: '535 5.7.8 no\r\n' }], 'credential'],
  ['SMTP', '334, then 535', [...smtp(), ...challenge('334'), { say: '535 no\r\n' }], 'credential'],
  ['SMTP', '454', [...smtp(), { say: '454 4.7.0 later\r\n' }], 'temporary'],
  ['SMTP', '334 forever', [...smtp(), { forever: '334 \r\n' }], 'server'],
  ['SMTP', 'a greeting of 554', [{ say: '554 no\r\n' }], 'server'],
  ['SMTP', 'a greeting of 421', [{ say: '421 no\r\n' }], 'temporary'],
  ['SMTP', 'EHLO refused', [...greeting, { say: '550 no\r\n' }], 'server'],
  ['SMTP', 'no STARTTLS', [...greeting, { say: '250 x\r\n' }], 'server'],
  ['SMTP', 'injection', [...consent, { say: '220 go\r\n250 x\r\n' }, { tls: true }], 'server'],
  ['SMTP', 'no mechanism', inTls('AUTH PLAIN'), 'server'],
  ['SMTP', 'a close', [...smtp(), { end: true }], 'unreachable'],
  ['SMTP', 'a reset', [...consent, { reset: true }], 'unreachable'],
  ['IMAP', 'NO', [...imap, { say: 'a3 NO [AUTHENTICATIONFAILED] no\r\n' }], 'credential'],
  ['IMAP', '+, then NO', [...imap, ...challenge('+'), { say: 'a3 NO no\r\n' }], 'credential'],
  ['IMAP', 'UNAVAILABLE', [...imap, { say: 'a3 NO [UNAVAILABLE] x\r\n' }], 'temporary'],
  ['IMAP', '+ forever', [...imap, { forever: '+ \r\n' }], 'server'],
  ['IMAP', 'BYE', [...imap, { say: '* BYE too many\r\n' }], 'temporary'],
  ['POP', '-ERR', [...pop, { say: '-ERR no\r\n' }], 'credential'],
  ['POP', '+, then -ERR', [...pop, ...challenge('+'), { say: '-ERR no\r\n' }], 'credential'],
  ['POP', 'SYS/TEMP', [...pop, { say: '-ERR [SYS/TEMP] x\r\n' }], 'temporary'],
  ['POP', '+ forever', [...pop, { forever: '+ \r\n' }], 'server'],
]

for (const [protocol, name, steps, kind] of said) {
  test(`${protocol}: ${name} is of the kind "${kind}"`, async (t) => {
    const { session } = await openSession(t, protocol, steps)
    await assert.rejects(
      session.begin().then(() => session.logIn(credentialFor(protocol))),
      (error) => isCmsOauthError(error) && loginFailure(error) === kind,
    )
  })
}

for (const [name, ca, kind] of [
  ['an unknown authority', undefined, 'certificate'],
  ['no listener', [certificates.ca], 'unreachable'],
] as const) {
  test(`before the first line: ${name} is of the kind "${kind}"`, async (t) => {
    const { server } = await openSession(t, 'SMTP', [], { isImplicitTls: true })
    if (kind === 'unreachable') await server.close()
    const opened = Connection.open({
      server: { host: '127.0.0.1', port: server.port, isImplicitTls: true },
      tls: createMailTls(ca === undefined ? undefined : [...ca]),
    })
    await assert.rejects(opened, (error) => isCmsOauthError(error) && loginFailure(error) === kind)
  })
}
