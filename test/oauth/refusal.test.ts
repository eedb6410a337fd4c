import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actorOf, type ProviderAnswer, stepBeforeRetry } from '../../src/errors.ts'
import { explanations } from '../../src/oauth/explanations.ts'
import { refusalOf } from '../../src/oauth/refusal.ts'
import { assertError, assertSentence } from '../support/golden.ts'

const user = 'user@example.com'

function codeOf(answer: ProviderAnswer): string {
  return refusalOf(user, answer).code
}

test('temporary trouble is told by status, word or number, whatever the others say', () => {
  const passing: ProviderAnswer[] = [
    ...[408, 429, 500, 502, 503, 504].map((status) => ({ status, error: 'invalid_grant' })),
    ...['temporarily_unavailable', 'server_error', 'slow_down'].map((error) => ({ error })),
    ...[90033, 50033, 50087, 70012, 50196].map((aadsts) => ({ error: 'invalid_grant', aadsts })),
  ]
  for (const answer of passing) {
    assert.equal(codeOf(answer), 'provider_unavailable', JSON.stringify(answer))
  }
})

test('a network that requires a sign-in of its own is told from the provider', () => {
  const refusal = refusalOf(user, { status: 511 })
  assertError(refusal, 'provider_unavailable', 'a network that requires a sign-in of its own', {
    user,
  })
})

test('temporary trouble carries the time to wait', () => {
  const refusal = refusalOf(user, { status: 429 }, { retryAfterMs: 5_000 })
  assertSentence(refusal.message, 'temporary trouble carries the time to wait', { user })
  assert.equal('retryAfterMs' in refusal && refusal.retryAfterMs, 5_000)
})

for (const [retryAfterMs, minutes] of [
  [undefined, undefined],
  [5_000, undefined],
  [90_000, 2],
  [3_600_000, 60],
] as const) {
  test(`who is asked to wait is told how long: ${retryAfterMs}`, () => {
    const { hint } = refusalOf(user, { status: 429 }, { retryAfterMs })
    assert.ok(stepBeforeRetry(hint) !== undefined, hint)
    assert.equal(/of (\d+) minutes/.exec(hint)?.[1], minutes?.toString())
  })
}

test('what only a sign-in can end asks for one', () => {
  const words = ['invalid_grant', 'interaction_required', 'login_required']
  for (const error of words) {
    const refusal = refusalOf(user, { status: 400, error, description: 'too old' })
    assert.equal(refusal.code, 'sign_in_required')
    assertSentence(refusal.message, 'what only a sign-in can end asks for one', { user, error })
    assertSentence(refusal.hint, 'what only a sign-in can end asks for one: hint', { user })
  }
  for (const aadsts of [50173, 700082, 70008, 50076, 65001]) {
    assert.equal(codeOf({ status: 400, error: 'invalid_grant', aadsts }), 'sign_in_required')
  }
})

test("what only an administrator ends is the operator's, whatever the word", () => {
  for (const aadsts of [53003, 50057, 50105, 70001, 700016, 7000215, 7000222, 7000218]) {
    for (const error of ['invalid_grant', 'interaction_required', 'invalid_client']) {
      assert.equal(codeOf({ status: 400, error, aadsts }), 'provider_rejected')
    }
  }
  const refusal = refusalOf(user, { status: 401, error: 'invalid_client', aadsts: 7000222 })
  assertSentence(
    refusal.message,
    "what only an administrator ends is the operator's, whatever the word",
    { user },
  )
  assertSentence(
    refusal.hint,
    "what only an administrator ends is the operator's, whatever the word: hint",
  )
  assert.equal(actorOf(refusal), 'administrator')
})

test("any other word is the operator's, with a hint of its own", () => {
  const words = ['invalid_client', 'unauthorized_client', 'invalid_scope', 'invalid_request']
  const refusals = words.map((error) => refusalOf(user, { status: 400, error }))
  assert.deepEqual(new Set(refusals.map(({ code }) => code)), new Set(['provider_rejected']))
  assert.equal(new Set(refusals.map(({ hint }) => hint)).size, words.length)
})

test('an answer without a word breaks the protocol', () => {
  for (const status of [302, 400, 403, 404]) {
    const refusal = refusalOf(user, { status })
    assert.equal(refusal.code, 'provider_protocol')
    assertSentence(refusal.message, 'an answer without a word breaks the protocol', {
      user,
      status,
    })
  }
})

test('a number that is known here is explained, one that is not in the words of the provider', () => {
  const answer = { status: 400, error: 'invalid_grant', description: 'AADSTS50144: Expired.' }
  const known = refusalOf(user, { ...answer, aadsts: 50144 })
  assertError(known, 'sign_in_required', 'a known number', { user })
  assert.equal(actorOf(known), 'you')
  const unknown = refusalOf(user, { ...answer, description: 'AADSTS1: New.', aadsts: 1 })
  assertError(unknown, 'sign_in_required', 'an unknown number', { user })
})

test('an outage is not explained by the word that came with it', () => {
  const refusal = refusalOf(user, { status: 503, error: 'invalid_grant', aadsts: 50173 })
  assertSentence(refusal.message, 'an outage is not explained by the word that came with it', {
    user,
  })
  assert.equal(actorOf(refusal), 'nobody')
})

test('a word that nobody knows is shown as it is: at a refresh it is about the sign-in', () => {
  const answer = { status: 400, error: 'new_word', description: 'Said why.' }
  const refusal = refusalOf(user, answer)
  assertError(refusal, 'sign_in_required', 'an unknown word at a refresh', { user })
  const redeemed = refusalOf(user, answer, { request: 'sign-in' })
  assertSentence(redeemed.message, 'an unknown word at a sign-in', { user })
  for (const request of ['app-token', 'discovery', 'revocation'] as const) {
    const elsewhere = refusalOf(user, answer, { request })
    assertError(elsewhere, 'provider_rejected', 'an unknown word elsewhere', { user })
  }
})

test('every step ends with the command that ends the trouble', () => {
  for (const { aadsts, error = 'invalid_grant', actor } of explanations) {
    if (aadsts === undefined || actor === 'nobody') continue
    const answer = { status: 400, error, aadsts }
    const ofSignIn = refusalOf(user, answer, { request: 'sign-in' })
    assert.ok(ofSignIn.hint.includes(`"cms-oauth login ${user}"`), ofSignIn.hint)
    const ofRefresh = refusalOf(user, answer)
    assert.match(ofRefresh.hint, /"cms-oauth (?:login user@|refresh user@|reload")/)
  }
  assertSentence(
    refusalOf(user, { status: 400, aadsts: 50057 }, { request: 'sign-in' }).hint,
    'a sign-in that an administrator must allow',
    { user },
  )
  assertSentence(
    refusalOf(user, { status: 400, aadsts: 90002 }, { request: 'sign-in' }).hint,
    'a sign-in that needs another configuration',
    { user },
  )
  assertSentence(
    refusalOf(user, { status: 400, aadsts: 53003 }).hint,
    'a refresh that an administrator must allow',
    { user },
  )
})
