import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isCmsOauthError } from '../../src/errors.ts'
import { parseTokenResponse } from '../../src/oauth/token-response.ts'
import { isoTime } from '../../src/schedule/iso-time.ts'
import { expectedError } from '../support/golden.ts'

const now = Date.UTC(2026, 0, 1)
const good = { access_token: 'ya29.a0-_~+/=', token_type: 'Bearer', expires_in: 3_600 }

/** What is made of this answer as JSON. */
function parse(answer: unknown): ReturnType<typeof parseTokenResponse> {
  return parseTokenResponse(JSON.stringify(answer) ?? '', now)
}

test('a full answer is translated', () => {
  const response = parse({
    ...good,
    token_type: 'bearer',
    scope: 'openid  https://mail.google.com/',
    refresh_token: '1//refresh',
    id_token: 'a.b.c',
    refresh_token_expires_in: 604_800,
  })
  assert.equal(response.accessToken.reveal(), 'ya29.a0-_~+/=')
  assert.equal(response.refreshToken?.reveal(), '1//refresh')
  assert.deepEqual(response.scopes, ['openid', 'https://mail.google.com/'])
  assert.equal(response.idToken, 'a.b.c')
  assert.equal(response.expiresAt, now + 3_600_000)
  assert.equal(response.renewalExpiresAt, now + 604_800_000)
})

test('what the server leaves out is left out', () => {
  const { accessToken, expiresAt, ...rest } = parse(good)
  assert.equal(accessToken.reveal(), good.access_token)
  assert.equal(expiresAt, now + 3_600_000)
  assert.deepEqual(rest, {})
  const empty = { ...good, refresh_token: '', id_token: '', refresh_token_expires_in: 0 }
  assert.deepEqual(Object.keys(parse(empty)), ['accessToken', 'expiresAt'])
})

test('a lifetime is only ever shortened: a day at most, and 600 s where it says nothing', () => {
  const cases: [unknown, number][] = [
    [3_599, 3_599],
    ['3599', 3_599],
    [12, 12],
    [1, 1],
    [0.5, 0.5],
    [1e9, 86_400],
    [undefined, 600],
    [null, 600],
    ['', 600],
    ['soon', 600],
    [Number.POSITIVE_INFINITY, 600],
    [{}, 600],
  ]
  for (const [expires_in, seconds] of cases) {
    const { expiresAt } = parse({ ...good, expires_in })
    assert.equal(expiresAt, now + seconds * 1_000, String(expires_in))
  }
})

test('the end of a sign-in is a date that can be kept and shown, however late the server puts it', () => {
  for (const refresh_token_expires_in of [0.001, 1e9, 1e15, 1e300, Number.MAX_VALUE, '1e308']) {
    const { renewalExpiresAt = Number.NaN } = parse({ ...good, refresh_token_expires_in })
    assert.ok(renewalExpiresAt > now, String(refresh_token_expires_in))
    assert.ok(Number.isSafeInteger(renewalExpiresAt))
    assert.match(isoTime(renewalExpiresAt), /^\d{4}-/)
  }
  for (const refresh_token_expires_in of [-1, 1e-9, Number.MIN_VALUE, 'never', null]) {
    assert.equal(parse({ ...good, refresh_token_expires_in }).renewalExpiresAt, undefined)
  }
})

test('a token that has expired when it comes is refused', () => {
  for (const expires_in of [0, -0, -5, -1e308, '0', '-1e9', Number.MIN_VALUE, 0.0009, '1e-9']) {
    assert.throws(
      () => parse({ ...good, expires_in }),
      expectedError('provider_protocol', 'a token that has expired when it comes is refused'),
    )
  }
})

test('a type that is not said, or in another form, is Bearer', () => {
  for (const token_type of [
    undefined,
    null,
    7,
    '',
    ' ',
    'bearer',
    'BEARER',
    'Bearer ',
    '\tbearer\n',
  ]) {
    assert.equal(parse({ ...good, token_type }).accessToken.reveal(), good.access_token)
  }
})

test('a token that a mail program cannot send is refused', () => {
  for (const character of [' ', '^', '\u0001', '\n', '\0', '\u007f', 'é', '😀']) {
    assert.throws(
      () => parse({ ...good, access_token: `a${character}b` }),
      expectedError('provider_protocol', 'a token that a mail program cannot send is refused'),
    )
  }
})

test('an answer without a token of the type Bearer is refused', () => {
  for (const body of [undefined, null, 'text', [], {}, { ...good, access_token: '' }]) {
    assert.throws(
      () => parse(body),
      expectedError('provider_protocol', 'an answer without a token of the type Bearer is refused'),
    )
  }
  for (const token_type of ['DPoP', 'mac', 'N_A', 'Bearer DPoP', 'PoP']) {
    assert.throws(
      () => parse({ ...good, token_type }),
      expectedError(
        'provider_protocol',
        'an answer without a token of the type Bearer is refused (2)',
      ),
    )
  }
})

test('any answer is a sound token or an error that does not repeat it', () => {
  const field = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.constant(null), fc.jsonValue())
  const answers = fc.record(
    {
      access_token: fc.oneof(fc.string({ unit: 'binary' }), field),
      token_type: fc.oneof(fc.constant('Bearer'), field),
      expires_in: field,
      scope: field,
      refresh_token: field,
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(answers, (answer) => {
      try {
        const { accessToken, expiresAt } = parse(answer)
        assert.match(accessToken.reveal(), /^[!-\]_-~]+$/)
        assert.ok(Number.isSafeInteger(expiresAt))
        assert.ok(expiresAt > now && expiresAt <= now + 86_400_000)
      } catch (error) {
        assert.ok(isCmsOauthError(error))
        assert.equal(error.code, 'provider_protocol')
      }
    }),
  )
})

test('an envelope that says there is no error is not the answer', () => {
  for (const error of [null, '', false, 0]) {
    assert.equal(parse({ error, data: good }).accessToken.reveal(), good.access_token)
  }
})
