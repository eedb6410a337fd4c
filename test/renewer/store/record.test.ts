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

test('bytes that are no record are none', () => {
  const record = JSON.parse(encodeRecord(testGrant()).toString('utf8')) as object
  for (const wrong of [
    {},
    null,
    { ...record, signed_in_at: 'today' },
    { ...record, renewal: {} },
  ]) {
    assert.equal(decodeRecord(Buffer.from(JSON.stringify(wrong))), undefined)
  }
})
