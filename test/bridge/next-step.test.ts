import assert from 'node:assert/strict'
import { test } from 'node:test'
import { denials } from '../../src/bridge/denials.ts'
import { EventLog } from '../../src/bridge/event-log.ts'
import { tooManyMistakes } from '../../src/bridge/mistakes.ts'
import type { BridgeLogFields } from '../../src/messages/bridge-messages.ts'
import { assertSentence } from '../support/golden.ts'

/** What the log gets for a refusal. */
function logged(fields: BridgeLogFields): BridgeLogFields {
  const lines: BridgeLogFields[] = []
  new EventLog((message) => lines.push(message.fields)).warn('bridge.refused', fields)
  return lines[0] ?? {}
}

for (const reason of [
  'wrong user name or password',
  ...Object.values(tooManyMistakes),
  'only passwords are taken here',
  'only other machines, in "networks", need no password here',
  'it is unknown whose program this is',
  '"allow" does not list the user with the number 33',
  'the sender is not in "accounts", and "account" is not set',
  'no account is named, and "account" is not set',
  'it is not in "networks"',
  'too many open connections',
  'a web page?',
  'the program left without trying to log in',
  'a line that cannot be used',
  'a literal that is too long',
  'BDAT was not offered',
  ...Object.values(denials),
  'the program tries to log in by CRAM-MD5, which is not offered here',
  'more came before TLS began',
  'the program knows no TLS of version 1.2 or later',
  'the program does not trust the certificate: "cms-oauth bridge certificate" prints it',
  'the program left while TLS began: does it trust the certificate?',
]) {
  test(`a refusal says what to do: ${reason}`, () => {
    assertSentence(logged({ reason }).hint, reason)
  })
}

test('a hint that is there stays, and a reason that says what to do gets none', () => {
  const own = { reason: 'a web page?', hint: 'own' }
  assert.deepEqual(logged(own), own)
  const clear = { reason: 'it begins with TLS: set tls = "implicit" here' }
  assert.deepEqual(logged(clear), clear)
})
