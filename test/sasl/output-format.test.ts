import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  type Credential,
  formatCredential,
  isOutputFormat,
  isProtocol,
  outputFormats,
} from '../../src/sasl/output-format.ts'

const credential: Credential = {
  account: 'shared@example.com',
  user: 'delegate@example.com',
  protocol: 'SMTP',
  accessToken: 'T',
  expiresAt: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
}

test('each format has its own bytes and no newline', () => {
  const xoauth2 = 'user=delegate@example.com\u0001auth=Bearer T\u0001\u0001'
  const oauthbearer = 'n,a=delegate@example.com,\u0001auth=Bearer T\u0001\u0001'
  const json =
    '{"account":"shared@example.com","user":"delegate@example.com","protocol":"SMTP",' +
    '"access_token":"T","token_type":"Bearer","expires_at":"2026-01-02T03:04:05.006Z"}'
  assert.deepEqual(
    outputFormats.map((format) => formatCredential(credential, format)),
    [xoauth2, btoa(xoauth2), oauthbearer, btoa(oauthbearer), 'T', json],
  )
})

test('an expiry that nobody knows is null in json', () => {
  const { expiresAt: _, ...unknown } = credential
  const json = JSON.parse(formatCredential(unknown, 'json')) as Record<string, unknown>
  assert.equal(json['expires_at'], null)
})

test('only the words of the vocabulary belong to it, and case counts', () => {
  assert.ok(outputFormats.every(isOutputFormat))
  assert.ok(['SMTP', 'IMAP', 'POP'].every(isProtocol))
  assert.deepEqual(['JSON', 'xoauth', '', 'constructor'].filter(isOutputFormat), [])
  assert.deepEqual(['smtp', 'POP3', '', 'toString'].filter(isProtocol), [])
})

test('the base64 formats decode to the raw ones for every user', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (user, accessToken) => {
      for (const format of ['xoauth2', 'oauthbearer'] as const) {
        const given = { ...credential, user, accessToken }
        const encoded = formatCredential(given, `${format}-b64`)
        assert.match(encoded, /^[A-Za-z0-9+/]+=*$/)
        const decoded = Buffer.from(encoded, 'base64')
        assert.deepEqual(decoded, Buffer.from(formatCredential(given, format)))
      }
    }),
  )
})
