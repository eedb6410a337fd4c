import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseForeignTokens } from '../../src/client/parse-foreign-tokens.ts'
import { isCmsOauthError } from '../../src/errors.ts'

/** Whatever comes in is refused by a UsageError, or gives tokens that a request can carry. */
function holdsFor(input: string): void {
  try {
    for (const { refreshToken } of parseForeignTokens(input)) {
      assert.match(refreshToken, /^[\x21-\x7e]+$/)
    }
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error
    assert.ok(isCmsOauthError(error) && error.code === 'usage', String(error))
  }
}

test('no text breaks it', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), holdsFor))
  fc.assert(fc.property(fc.string(), (text) => holdsFor(`refresh_token: ${text}\n${text}`)))
  fc.assert(fc.property(fc.string(), (text) => holdsFor(`[${text}]\nrefresh_token = ${text}`)))
})

test('no JSON breaks it, whatever stands where something is looked for', () => {
  const keys = ['RefreshToken', 'refresh_token', 'token_salt', 'email', 'client_id', 'Account', '@']
  const entry = fc.record(
    {
      secret: fc.jsonValue(),
      home_account_id: fc.jsonValue(),
      username: fc.jsonValue(),
      client_id: fc.jsonValue(),
      last_modification_time: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  const value = fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), entry))
  const file = fc.dictionary(fc.constantFrom(...keys), value)
  fc.assert(fc.property(file, (fields) => holdsFor(JSON.stringify(fields))))
  const unconvertible = { secret: 'x', last_modification_time: { toString: 0 } }
  holdsFor(JSON.stringify({ RefreshToken: { a: unconvertible, b: unconvertible } }))
})

test('a bare token may end like base64', () => {
  assert.deepEqual(parseForeignTokens('R3FRESH==\n'), [{ refreshToken: 'R3FRESH==' }])
})
