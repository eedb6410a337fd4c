import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identitiesIn, parseIdToken, requireClaims } from '../../src/oauth/id-token.ts'

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

test('what is not an address names nobody', () => {
  assert.deepEqual(identitiesIn({ email: 7, preferred_username: 'user', upn: null }), [])
})

test('nonce and audience are read, the latter alone or in a list', () => {
  assert.deepEqual(parseIdToken(idToken({ nonce: 'n', aud: 'client' })), {
    nonce: 'n',
    audience: ['client'],
    identities: [],
  })
  assert.deepEqual(parseIdToken(idToken({ aud: ['one', 2, 'two'] }))?.audience, ['one', 'two'])
})

test('what cannot be read tells nothing: something else, and what is encrypted (five parts)', () => {
  const encrypted = `${idToken({ email: 'a@b' })}.tag.more`
  for (const text of ['', 'a', 'a.b', '..', idToken(null), idToken('text'), encrypted]) {
    assert.equal(parseIdToken(text), undefined, text)
  }
})

test('an address with a control character is none, since messages show it', () => {
  assert.deepEqual(
    identitiesIn({ email: 'a\u001b[2J@b', upn: 'a\n@b', preferred_username: 'a@b' }),
    ['a@b'],
  )
})

const expected = {
  clientId: 'Client',
  nonce: 'n',
  issuer: 'https://issuer.example',
  answeredAt: Date.UTC(2026, 0, 1),
}
const good = {
  aud: 'client',
  nonce: 'n',
  iss: 'https://issuer.example/',
  exp: expected.answeredAt / 1_000 - 200,
}
const foreign: [claims: object, message: RegExp][] = [
  [{ aud: 'other' }, /another client \(aud\)/],
  [{ aud: [] }, /another client \(aud\)/],
  [{ aud: ['client', 'other'], azp: 'other' }, /another client \(azp\)/],
  [{ nonce: 'm' }, /another sign-in \(nonce\)/],
  [{ nonce: undefined }, /another sign-in \(nonce\)/],
  [{ iss: 'https://evil.example' }, /another issuer \(iss\)/],
  [{ exp: expected.answeredAt / 1_000 - 400 }, /expired .*\(exp\)/],
]
for (const [claims, message] of foreign) {
  test(`a sign-in's id_token with ${JSON.stringify(claims)} is refused`, () => {
    const read = parseIdToken(idToken({ ...good, ...claims })) ?? assert.fail()
    assert.throws(() => requireClaims(read, expected), { code: 'provider_protocol', message })
  })
}

for (const claims of [
  {},
  { aud: ['x', 'CLIENT'], azp: 'client' },
  { iss: 'issuer.example' },
  { iss: 7, exp: 'soon' },
]) {
  test(`a sign-in's id_token with ${JSON.stringify(claims)} is accepted`, () => {
    requireClaims(parseIdToken(idToken({ ...good, ...claims })) ?? assert.fail(), expected)
  })
}
