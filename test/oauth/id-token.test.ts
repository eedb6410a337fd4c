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

/** Whoever may choose a claim must not get past the comparison by making it odd. */
for (const [what, claim, names] of [
  ['a control character', 'user@example.com\0', 'user@example.com\ufffd'],
  ['an escape sequence', 'a\u001b[2J@b', 'a\ufffd[2J@b'],
  ['a line end', 'a\r\n@b', 'a\ufffd\ufffd@b'],
  ['a blank', 'a user@example.com', 'a\ufffduser@example.com'],
  ['blanks around it', ' user@example.com\n', 'user@example.com'],
  ['several in a list', ['x@example.com'], 'x@example.com'],
  ['300,000 characters', `user@${'x'.repeat(300_000)}`, `user@${'x'.repeat(315)}\ufffd`],
  ['300,000 blanks', `${' '.repeat(300_000)}user@example.com`, '\ufffd'],
  ['nothing but the sign', '@', '@'],
] as const) {
  test(`an address with ${what} names somebody, and is printable`, () => {
    for (const name of ['email', 'preferred_username', 'upn', 'unique_name']) {
      assert.deepEqual(identitiesIn({ [name]: claim }), [names], name)
    }
  })
}

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
