import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filled, issuer } from './place.ts'
import { testGrant } from './test-grant.ts'

test('a sign-in of the same person at the same client is found, whatever account has it', async (t) => {
  const at = await filled(t, 'alice@example.com')
  const store = await at.open()
  const { clientId } = testGrant()
  await store.save(testGrant({ user: 'shared@example.com', identity: 'Delegate@example.com' }))
  const has = (addresses: string[], changes: object = {}) =>
    store.overview.hasSignInOf({ issuer, clientId, ...changes }, addresses)
  assert.equal(await has(['ALICE@example.com']), true)
  assert.equal(await has(['x@example.com', 'delegate@example.com']), true)
  assert.equal(await has(['x@example.com']), false)
  assert.equal(await has([]), true, 'it may be anybody')
  assert.equal(await has([], { clientId: 'another' }), false)
  assert.equal(await has(['alice@example.com'], { issuer: 'https://elsewhere.example' }), false)
  assert.equal(await has(['alice@example.com'], { clientId: 'another' }), false)
})
