import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceCodeExpired, pollLaterOf } from '../../src/oauth/device-poll.ts'
import { assertSentence } from '../support/golden.ts'

const user = 'user@example.com'

for (const error of ['authorization_pending', 'slow_down'] as const) {
  test(`${error} means to go on`, () => {
    assert.equal(pollLaterOf(user, { status: 400, error }), error)
  })
}

for (const error of ['access_denied', 'authorization_declined']) {
  test(`${error} is a person who said no`, () => {
    const answer = { status: 400, error, description: 'AADSTS70016: declined.', aadsts: 70016 }
    const failure = pollLaterOf(user, answer)
    assert.ok(failure instanceof Error)
    assertSentence(failure.message, `${error} is a person who said no`)
    assertSentence(failure.hint, `${error} is a person who said no: hint`)
    assert.deepEqual([failure.code, failure.answer], ['sign_in_failed', answer])
  })
}

test('expired_token says what to do, with or without an answer of the provider', () => {
  const answer = { status: 400, error: 'expired_token' }
  for (const failure of [pollLaterOf(user, answer), deviceCodeExpired(user)]) {
    assert.ok(failure instanceof Error)
    assertSentence(
      failure.message,
      'expired_token says what to do, with or without an answer of the provider',
    )
    assertSentence(
      failure.hint,
      'expired_token says what to do, with or without an answer of the provider: hint',
    )
  }
})

test('every other refusal is left to those who know it', () => {
  for (const error of ['invalid_grant', 'invalid_client', undefined]) {
    const answer = { status: 400, ...(error === undefined ? {} : { error }) }
    assert.equal(pollLaterOf(user, answer), undefined)
  }
})
