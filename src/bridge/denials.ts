import type { Gate } from './gate.ts'
import type { OpenExchange } from './open-exchange.ts'

/** What a client asks for and is denied that has not come as far as a password. */
export const denials = {
  tlsOff: 'the program asks for TLS, which is off here',
  tlsRequired: 'the program does not begin TLS, which is required here',
  noPasswords: 'the program sends a password, and none is taken here',
  unreadable: 'the login of the program cannot be read',
}

/** Others may be anything, even a password. */
const namedMechanisms = new Set([
  'APOP',
  'CRAM-MD5',
  'DIGEST-MD5',
  'GSSAPI',
  'NTLM',
  'OAUTHBEARER',
  'SCRAM-SHA-1',
  'XOAUTH2',
])

/** Has the gate know why a SASL exchange came to nothing; a client that cancels it knows why itself. */
export function denyExchange(
  gate: Pick<Gate, 'deny'>,
  { mechanism }: Pick<OpenExchange, 'mechanism'>,
  refused: 'unknown' | 'cancelled' | 'malformed',
): void {
  if (refused === 'malformed') gate.deny(denials.unreadable)
  if (refused !== 'unknown') return
  const named = namedMechanisms.has(mechanism) ? mechanism : 'a mechanism'
  gate.deny(`the program tries to log in by ${named}, which is not offered here`)
}
