/** Where a response of IMAP ends: at its line, or after the literals that it announces. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection } from '../../src/mail/connection/connection.ts'
import { readImapResponse } from '../../src/mail/imap-response.ts'

/** A connection that gives these bytes, and fails where more are asked for. */
function connectionOf(bytes: string): Connection {
  let rest = bytes
  const take = (count: number) => {
    assert.ok(count <= rest.length, 'it waits for what does not come')
    const taken = rest.slice(0, count)
    rest = rest.slice(count)
    return taken
  }
  return {
    readLine: async () => take(rest.indexOf('\r\n') + 2).slice(0, -2),
    readOctets: async (count: number) => take(count),
  } as unknown as Connection
}

/** RFC 9051 section 9: resp-text is text, and a continuation request has nothing else. */
const textOnly = [
  '* OK ready {5}',
  '* OK [ALERT] a mailbox {12}',
  '* PREAUTH hello {1}',
  '* BYE {3}',
  '* NO no {3}',
  '* BAD what {3}',
  'a2 OK Success {40}',
  'a2 NO [AUTHENTICATIONFAILED] user {7}',
  'a2 BAD {1}',
  'a2 ok {1}',
  '+ go on {5}',
  '+',
]

for (const line of textOnly) {
  test(`"${line}" ends there`, async () => {
    assert.deepEqual(await readImapResponse(connectionOf(`${line}\r\n`)), {
      line,
      raw: `${line}\r\n`,
    })
  })
}

const withLiterals: [bytes: string, line: string][] = [
  ['* LIST () "/" {5}\r\nINBOX\r\n', '* LIST () "/" {5}'],
  ['* ID ("name" {3}\r\nabc "v" {2}\r\n1))\r\n', '* ID ("name" {3} "v" {2})'],
  ['* 1 FETCH (BODY[] {11}\r\na2 OK in it)\r\n', '* 1 FETCH (BODY[] {11})'],
  ['* OKAY {2}\r\nab\r\n', '* OKAY {2}'],
]

for (const [bytes, line] of withLiterals) {
  test(`${JSON.stringify(bytes)} goes on after its literals`, async () => {
    assert.deepEqual(await readImapResponse(connectionOf(bytes)), { line, raw: bytes })
  })
}
