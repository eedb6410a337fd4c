import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { fingerprint, Secret } from '../../src/logging/secret.ts'

const secret = new Secret('canary')

test('a secret gives its value only to who reveals it', () => {
  assert.equal(secret.reveal(), 'canary')
})

test('a secret prints as [secret] wherever it is printed', () => {
  assert.equal(String(secret), '[secret]')
  assert.equal(JSON.stringify({ secret }), '{"secret":"[secret]"}')
  assert.equal(inspect({ secret }, { showHidden: true, depth: 9 }), '{ secret: [secret] }')
  assert.deepEqual(Object.keys(secret), [])
  assert.ok(!JSON.stringify(structuredClone(secret)).includes('canary'))
})

test('a fingerprint is the start of the SHA-256 of the value', () => {
  assert.equal(fingerprint(new Secret('abc')), 'ba7816bf8f01')
})
