import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  encodeFleetRecord,
  parseGrantRecord,
  parseIntent,
  parseLock,
  parseTokenRecord,
} from '../../src/fleet/fleet-records.ts'
import { openToken, sealToken, type SharedToken } from '../../src/fleet/token-record.ts'

const key = { bytes: Buffer.alloc(32, 3), id: '0123456789abcdef' }
const user = 'alice@example.com'
const grantHead = { n: 7, by: 'relay1', job: 'j1', at: 1_000 }
const token: SharedToken = {
  accessToken: 'canary-access-token',
  fingerprint: '1e4a7b0f7a3d',
  expiresAt: 5_000,
  lifetimeMs: 4_000,
  scopes: ['mail'],
  signedInAt: 1_000,
  isDurable: true,
  number: 7,
}

test('what is written is read back, with any bytes behind the line', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const sealed = Buffer.from(bytes)
      const read = parseGrantRecord(encodeFleetRecord(grantHead, sealed))
      assert.deepEqual(read, { ...grantHead, sealed })
    }),
  )
  const lock = { job: 'j1', host: 'relay1' }
  assert.deepEqual(parseLock(encodeFleetRecord(lock)), lock)
  const intent = { ...lock, at: 1, n: 0 }
  assert.deepEqual(parseIntent(encodeFleetRecord(intent)), intent)
})

test('a name is not longer than that of a host', () => {
  const host = 'x'.repeat(100_000)
  assert.equal(parseLock(encodeFleetRecord({ job: 'j1', host }))?.host.length, 255)
  assert.equal(parseIntent(encodeFleetRecord({ job: 'j1', host, at: 1, n: 0 }))?.host.length, 255)
})

test('what a newer version adds changes nothing', () => {
  const sealed = Buffer.from('sealed')
  const newer = { ...grantHead, of: { a: 'newer version' } }
  assert.equal(parseTokenRecord(encodeFleetRecord(newer, sealed))?.n, 7)
  assert.equal(parseGrantRecord(encodeFleetRecord(newer, sealed))?.job, 'j1')
})

test('a name is one line that can be shown', () => {
  const names = {
    'relay\n1': 'relay?1',
    '\u001b[31mred\u202e': '?[31mred?',
    '\u2028\u0085': '??',
    'münchen-1': 'münchen-1',
    '': 'unknown',
    '  ': 'unknown',
  }
  for (const [host, shown] of Object.entries(names)) {
    assert.equal(parseLock(encodeFleetRecord({ job: 'j1', host }))?.host, shown)
    assert.equal(parseIntent(encodeFleetRecord({ job: 'j1', host, at: 1, n: 0 }))?.host, shown)
  }
})

test('what has another form is nothing', () => {
  const sealed = Buffer.from('sealed')
  for (const value of [
    Buffer.of(),
    Buffer.from('\n'),
    Buffer.from('{}'),
    Buffer.from('{"n":1}\n'),
    encodeFleetRecord(grantHead),
    ...[-1, 1.5, '7', null, 2 ** 60].map((n) => encodeFleetRecord({ ...grantHead, n }, sealed)),
    Buffer.alloc(2 * 1024 * 1024, ' '),
  ]) {
    assert.equal(parseGrantRecord(value), undefined, value.subarray(0, 80).toString())
  }
  assert.equal(parseTokenRecord(encodeFleetRecord({ n: 1, by: 'x' }, sealed)), undefined)
})

test('a shared token opens with its key, for its account and by its number only', () => {
  const { fingerprint: _made, ...rest } = token
  const issuer = 'https://issuer.example'
  const sealed = sealToken(user, token, key, issuer)
  assert.ok(!sealed.includes('canary'))
  const opened = openToken(user, { n: 7, sealed }, key)
  assert.ok('token' in opened)
  const { fingerprint, ...read } = opened.token
  assert.match(fingerprint, /^[0-9a-f]{12}$/)
  assert.deepEqual(read, { ...rest, issuer })
  assert.ok('defect' in openToken(user, { n: 8, sealed }, key))
  assert.ok('defect' in openToken('bob@example.com', { n: 7, sealed }, key))
  assert.ok('defect' in openToken(user, { n: 7, sealed }, { ...key, bytes: Buffer.alloc(32) }))
})
