import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../../../src/logging/secret.ts'
import { decodeRecord, encodeRecord } from '../../../src/renewer/store/record.ts'
import { testGrant } from './test-grant.ts'

test('a grant comes back from its record', () => {
  for (const grant of [testGrant(), testGrant({ identity: 'delegate@example.com' })]) {
    const decoded = decodeRecord(encodeRecord(grant))
    assert.deepEqual({ ...decoded, renewal: undefined }, { ...grant, renewal: undefined })
    assert.equal(decoded?.renewal.kind, 'refresh_token')
    assert.equal(decoded?.renewal.refreshToken.reveal(), grant.renewal.refreshToken.reveal())
    assert.ok(decoded?.renewal.refreshToken instanceof Secret)
  }
})

test('fields that a newer version added are passed over', () => {
  const record = JSON.parse(encodeRecord(testGrant()).toString('utf8')) as object
  const decoded = decodeRecord(Buffer.from(JSON.stringify({ ...record, added: 1 })))
  assert.equal(decoded?.user, testGrant().user)
})

/** Every field, with what it may hold besides; the value is one of the wrong type. */
const fields: Record<string, { isNeeded: boolean; wrong: unknown[] }> = {
  user: { isNeeded: true, wrong: [1, null] },
  provider: { isNeeded: true, wrong: [1, null] },
  issuer: { isNeeded: false, wrong: [1, null] },
  client_id: { isNeeded: true, wrong: [1, null] },
  renewal: {
    isNeeded: true,
    wrong: [
      {},
      'token',
      { kind: 'refresh_token' },
      { kind: 'other', refresh_token: 't' },
      { kind: 'refresh_token', refresh_token: 1 },
    ],
  },
  scopes: { isNeeded: true, wrong: ['mail', [1], null] },
  signed_in_at: { isNeeded: true, wrong: ['today', null] },
  refreshed_at: { isNeeded: true, wrong: ['today', null] },
  identity: { isNeeded: false, wrong: [1, null] },
  subject: { isNeeded: false, wrong: [1, null] },
  addresses: { isNeeded: false, wrong: ['a@example.com', [1], null] },
  imported_from: { isNeeded: false, wrong: [1, null] },
  renewal_expires_at: { isNeeded: false, wrong: [] },
}

const whole = testGrant({
  identity: 'delegate@example.com',
  subject: 'subject',
  addresses: ['a@example.com'],
  importedFrom: 'digest',
  renewalExpiresAt: 3_000,
})

function decode(record: unknown) {
  return decodeRecord(Buffer.from(JSON.stringify(record)))
}

test('a record of the present version is one, whichever of the optional fields it has', () => {
  const record = JSON.parse(encodeRecord(whole).toString('utf8')) as Record<string, unknown>
  assert.deepEqual(Object.keys(record), Object.keys(fields))
  assert.deepEqual({ ...decode(record), renewal: undefined }, { ...whole, renewal: undefined })
  for (const [name, { isNeeded }] of Object.entries(fields)) {
    const { [name]: _, ...rest } = record
    assert.equal(decode(rest) === undefined, isNeeded, `without ${name}`)
  }
})

test('bytes that are no record are none', () => {
  const record = JSON.parse(encodeRecord(whole).toString('utf8')) as object
  for (const wrong of [{}, null, [], 'text', 1]) assert.equal(decode(wrong), undefined)
  for (const [name, { wrong }] of Object.entries(fields)) {
    for (const value of wrong) {
      const text = `${name}: ${JSON.stringify(value)}`
      assert.equal(decode({ ...record, [name]: value }), undefined, text)
    }
  }
})

test('a sign-in whose end cannot be read is still a sign-in', () => {
  const record = JSON.parse(encodeRecord(whole).toString('utf8')) as object
  for (const renewal_expires_at of [null, 'today', {}, [], 1e303, -1e20]) {
    const decoded = decode({ ...record, renewal_expires_at })
    assert.equal(decoded?.renewal.refreshToken.reveal(), whole.renewal.refreshToken.reveal())
    assert.equal(decoded.renewalExpiresAt, undefined)
  }
})
