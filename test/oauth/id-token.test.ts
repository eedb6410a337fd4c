import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identitiesIn, parseIdToken } from '../../src/oauth/id-token.ts'

function idToken(claims: unknown): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`
}

test('addresses come in the order of trust, each once', () => {
  const claims = {
    unique_name: 'other@example.com',
    upn: 'user@example.com',
    preferred_username: 'user@example.com',
    email: 'mail@example.com',
  }
  assert.deepEqual(identitiesIn(claims), [
    'mail@example.com',
    'user@example.com',
    'other@example.com',
  ])
})

test('what is no address names nobody', () => {
  assert.deepEqual(identitiesIn({ email: 7, preferred_username: 'user', upn: null }), [])
})

test('nonce and audience are read, the latter alone or in a list', () => {
  assert.deepEqual(parseIdToken(idToken({ nonce: 'n', aud: 'client' })), {
    nonce: 'n',
    audience: ['client'],
    identities: [],
  })
  assert.deepEqual(parseIdToken(idToken({ aud: ['one', 2, 'two'] })).audience, ['one', 'two'])
})

test('what is no id_token has no claims', () => {
  for (const text of ['', 'a', 'a.b', '..', idToken(null), idToken('text')]) {
    assert.deepEqual(parseIdToken(text), { audience: [], identities: [] }, text)
  }
})
