import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RenewerLostError } from '../../../src/daemon/processes/renewer-lost-error.ts'
import { failureOf, failureOfAnswer } from '../../../src/daemon/sign-in/sign-in-failure.ts'
import {
  type CmsOauthError,
  ConfigInvalidError,
  ProviderProtocolError,
  ProviderRejectedError,
  ProviderUnavailableError,
  SignInFailedError,
  StoreLockedError,
  StoreUnreadableError,
} from '../../../src/errors.ts'
import { assertSentence } from '../../support/golden.ts'

const user = 'user@example.com'

function answer(parameters: Record<string, string>) {
  return failureOfAnswer(user, new URLSearchParams(parameters))
}

test('a person who says no is told how to say yes', () => {
  const { kind, error } = answer({ error: 'access_denied', error_description: 'User cancelled' })
  assert.equal(kind, 'denied')
  assert.equal(error.code, 'sign_in_failed')
  assertSentence(error.message, 'a person who says no is told how to say yes', {
    user: 'user@example.com',
  })
  assertSentence(error.hint, 'a person who says no is told how to say yes (2)', {
    user: 'user@example.com',
  })
  assert.deepEqual('answer' in error && error.answer, {
    error: 'access_denied',
    description: 'User cancelled',
  })
})

test('errors at the redirect URI mean what they mean at the token endpoint', () => {
  for (const [word, kind, code] of [
    ['temporarily_unavailable', 'unreachable', 'provider_unavailable'],
    ['server_error', 'unreachable', 'provider_unavailable'],
    ['invalid_scope', 'rejected', 'provider_rejected'],
    ['unauthorized_client', 'rejected', 'provider_rejected'],
    ['login_required', 'refused', 'sign_in_failed'],
    ['interaction_required', 'refused', 'sign_in_failed'],
  ] as const) {
    const failure = answer({ error: word })
    assert.deepEqual([failure.kind, failure.error.code], [kind, code])
    assert.match(failure.error.message, new RegExp(`"user@example.com".*${word}`))
  }
})

test('a good answer without mail has a page of its own, and is nobody else', () => {
  const answered = new SignInFailedError('no mail', { answer: { status: 200 } })
  assert.equal(failureOf(user, answered).kind, 'no_mail')
  assert.equal(failureOf(user, new SignInFailedError('another')).kind, 'wrong_account')
})

test("Microsoft's number is read from the description of a redirect", () => {
  const { error } = answer({ error: 'server_error', error_description: 'AADSTS90033: busy' })
  assert.deepEqual('answer' in error && error.answer, {
    error: 'server_error',
    description: 'AADSTS90033: busy',
    aadsts: 90033,
  })
})

test('an unreachable provider is tried again by a person, since nothing else does', () => {
  const plain = new ProviderUnavailableError('down', { hint: 'it is tried again automatically' })
  assert.equal(failureOf(user, plain).kind, 'unreachable')
  assertSentence(failureOf(user, plain).error.hint, 'an unreachable provider', { user })
  const busy = new ProviderUnavailableError('busy', {
    retryAfterMs: 89_500,
    answer: { status: 429 },
  })
  const { error } = failureOf(user, busy)
  assert.equal(error.message, 'busy')
  assertSentence(
    error.hint,
    'an unreachable provider is tried again by a person, since nothing else does',
    { user: 'user@example.com' },
  )
  assert.deepEqual(
    'retryAfterMs' in error && [error.retryAfterMs, error.answer.status],
    [89_500, 429],
  )
})

test('what somebody must fix first keeps its hint, and a lost renewer is not a provider', () => {
  const hint = 'its certificate is not trusted here'
  const untrusted = new ProviderUnavailableError('no', { hint, actor: 'you' })
  assert.deepEqual(failureOf(user, untrusted), { kind: 'unreachable', error: untrusted })
  const { kind, error } = failureOf(user, RenewerLostError.ended('SIGKILL', true))
  assert.equal(kind, 'interrupted')
  assertSentence(
    error.message,
    'what somebody must fix first keeps its hint, and a lost renewer is not a provider',
    { reason: 'SIGKILL' },
  )
  assertSentence(
    error.hint,
    'what somebody must fix first keeps its hint, and a lost renewer is not a provider (2)',
    { user: 'user@example.com' },
  )
  const absent = RenewerLostError.notStarted(Object.assign(new Error('no'), { code: 'EAGAIN' }))
  assert.deepEqual(failureOf(user, absent), { kind: 'interrupted', error: absent })
})

test('each error has its page', () => {
  const errors: [CmsOauthError, string][] = [
    [new SignInFailedError('you signed in as "x", not as "y"'), 'wrong_account'],
    [new SignInFailedError('refused', { answer: { error: 'invalid_grant' } }), 'refused'],
    [new ProviderRejectedError('refused'), 'rejected'],
    [new ProviderProtocolError('HTML'), 'protocol'],
    [new ConfigInvalidError('no secret'), 'misconfigured'],
    [new StoreLockedError('locked'), 'not_saved'],
    [new StoreUnreadableError('no key'), 'not_saved'],
  ]
  for (const [error, kind] of errors) assert.deepEqual(failureOf(user, error), { kind, error })
})

for (const [hint, expected] of [
  [
    'set tenant, then run "cms-oauth reload"',
    'set tenant, then run "cms-oauth reload" and "cms-oauth login user@example.com"',
  ],
  [
    'set tenant, then run "cms-oauth reload" and "cms-oauth login user@example.com"',
    'set tenant, then run "cms-oauth reload" and "cms-oauth login user@example.com"',
  ],
  ['an administrator must enable it', 'an administrator must enable it'],
] as const) {
  test(`after a reload a sign-in is begun again: ${hint}`, () => {
    const refused = new ProviderRejectedError('refused', {
      hint,
      answer: { aadsts: 90002 },
      actor: 'you',
    })
    const { error } = failureOf(user, refused)
    assert.equal(error.hint, expected)
    assert.deepEqual('answer' in error && error.answer, { aadsts: 90002 })
    assert.equal(error.actor, 'you')
  })
}
