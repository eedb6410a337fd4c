import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Credential } from '../../src/sasl/output-format.ts'
import {
  challengeAnswer,
  chooseTokenMechanism,
  decodeChallenge,
  initialResponse,
} from '../../src/sasl/token-mechanism.ts'

const credential: Credential = {
  account: 'a@b.example',
  user: 'c@d.example',
  protocol: 'SMTP',
  accessToken: 'T',
}

for (const [offered, chosen] of [
  [[], undefined],
  [['PLAIN', 'LOGIN', 'SCRAM-SHA-256'], undefined],
  [['OAUTHBEARER', 'XOAUTH2'], 'XOAUTH2'],
  [['PLAIN', 'OAUTHBEARER'], 'OAUTHBEARER'],
  [['XOAUTH2X', 'XOAUTH'], undefined],
] as const) {
  test(`of ${offered.join(', ') || 'nothing'} ${chosen ?? 'no mechanism'} is chosen`, () => {
    assert.equal(chooseTokenMechanism(offered), chosen)
  })
}

for (const [mechanism, message, answer] of [
  ['XOAUTH2', 'user=c@d.example\u0001auth=Bearer T\u0001\u0001', ''],
  ['OAUTHBEARER', 'n,a=c@d.example,\u0001auth=Bearer T\u0001\u0001', '\u0001'],
] as const) {
  test(`the two messages of a client: ${mechanism}`, () => {
    assert.equal(atob(initialResponse(mechanism, credential)), message)
    assert.equal(atob(challengeAnswer(mechanism)), answer)
  })
}

for (const [challenge, said] of [
  [btoa('{"status":"401"}'), '{"status":"401"}'],
  ['', ''],
  ['not base64!', Buffer.from('not base64!', 'base64').toString('latin1')],
] as const) {
  test(`a challenge of ${JSON.stringify(challenge)} is read`, () => {
    assert.equal(decodeChallenge(challenge), said)
  })
}
