import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { inspect } from 'node:util'
import {
  AuthorizationAttempt,
  signInLifetimeMs,
} from '../../../src/daemon/sign-in/authorization-attempt.ts'
import { assertSentence } from '../../support/golden.ts'

const user = 'user@example.com'
const issuer = 'https://issuer.example'

function pendingSignIn(now: () => number = () => 0) {
  const pending = new AuthorizationAttempt({ user, now })
  const { state } = pending.authorization
  const receive = (parameters: Record<string, string> | [string, string][], expected?: string) =>
    pending.receive(new URLSearchParams(parameters), expected)
  return { pending, state, receive }
}

function failureIn(received: ReturnType<AuthorizationAttempt['receive']>) {
  assert.equal(received.kind, 'failure')
  return received.kind === 'failure' ? received.failure : assert.fail()
}

test('each attempt has a state and a nonce of 256 bits and an S256 challenge of its own', () => {
  const first = pendingSignIn().pending
  const second = pendingSignIn().pending
  const { state, nonce, codeChallenge } = first.authorization
  for (const value of [state, nonce]) assert.equal(Buffer.from(value, 'base64url').length, 32)
  const verifier = first.redemption.codeVerifier.reveal()
  assert.equal(codeChallenge, createHash('sha256').update(verifier).digest('base64url'))
  assert.equal(first.redemption.nonce, nonce)
  const values = [first, second].flatMap(({ authorization }) => Object.values(authorization))
  assert.equal(new Set(values).size, 6)
})

test('the code of an answer with the right state is taken', () => {
  const { pending, state, receive } = pendingSignIn()
  assert.equal(pending.isAnswered, false)
  assert.deepEqual(receive({ state, code: 'the code' }), { kind: 'code', code: 'the code' })
  assert.equal(pending.isAnswered, true)
})

test('a wrong state changes nothing, and the sign-in stays alive', () => {
  const { pending, state, receive } = pendingSignIn()
  const wrong: [string, string][][] = [
    [['code', 'x']],
    [
      ['state', ''],
      ['code', 'x'],
    ],
    [
      ['state', state.slice(1)],
      ['code', 'x'],
    ],
    [
      ['state', `${state}=`],
      ['code', 'x'],
    ],
    [
      ['state', state.toUpperCase()],
      ['code', 'x'],
    ],
    [
      ['state', `${state.slice(0, -1)}é`],
      ['code', 'x'],
    ],
    [
      ['state', state],
      ['state', 'other'],
      ['code', 'x'],
    ],
    [
      ['state', 'other'],
      ['error', 'access_denied'],
    ],
  ]
  for (const parameters of wrong) assert.deepEqual(receive(parameters), { kind: 'foreign' })
  assert.equal(pending.isAnswered, false)
  assert.equal(receive({ state, code: 'x' }).kind, 'code')
})

test('a state is good for one answer, whatever that was', () => {
  for (const first of [{ code: 'x' }, { error: 'access_denied' }, {}]) {
    const { state, receive } = pendingSignIn()
    receive({ state, ...first })
    assert.deepEqual(receive({ state, code: 'y' }), { kind: 'repeated' })
  }
})

test('an answer that comes after ten minutes is too late', () => {
  let now = 1_000
  const { state, receive } = pendingSignIn(() => now)
  now += signInLifetimeMs
  const { kind, error } = failureIn(receive({ state, code: 'x' }))
  assert.equal(kind, 'expired')
  assert.equal(error.code, 'sign_in_failed')
  assertSentence(error.message, 'an answer that comes after ten minutes is too late', {
    user: 'user@example.com',
  })
})

test('an answer in the last moment is in time', () => {
  let now = 1_000
  const { state, receive } = pendingSignIn(() => now)
  now += signInLifetimeMs - 1
  assert.equal(receive({ state, code: 'x' }).kind, 'code')
})

test('the issuer that an answer names must be the one that was asked', () => {
  const { state, receive } = pendingSignIn()
  const { kind, error } = failureIn(
    receive({ state, code: 'x', iss: 'https://evil.example' }, issuer),
  )
  assert.equal(kind, 'protocol')
  assert.equal(error.code, 'provider_protocol')
  assertSentence(error.message, 'the issuer that an answer names must be the one that was asked', {
    user: 'user@example.com',
    name: 'https://evil.example',
    name2: 'https://issuer.example',
  })
})

test('the issuer is checked before an error is believed', () => {
  const { state, receive } = pendingSignIn()
  const { kind } = failureIn(
    receive({ state, error: 'access_denied', iss: 'https://evil' }, issuer),
  )
  assert.equal(kind, 'protocol')
})

test('an answer without issuer is taken, and so is any issuer where none is known', () => {
  for (const [iss, expected] of [
    [{}, issuer],
    [{ iss: issuer }, issuer],
    [{ iss: 'https://accounts.google.com' }, undefined],
  ] as const) {
    const { state, receive } = pendingSignIn()
    assert.equal(receive({ state, code: 'x', ...iss }, expected).kind, 'code')
  }
})

test('an answer that repeats a parameter, or has neither code nor error, is refused', () => {
  for (const [parameters, what] of [
    [
      [
        ['code', 'x'],
        ['code', 'y'],
      ],
      'repeats a parameter',
    ],
    [
      [
        ['code', 'x'],
        ['iss', issuer],
        ['iss', 'z'],
      ],
      'repeats a parameter',
    ],
    [[['code', '']], 'holds neither a code nor an error'],
    [[], 'holds neither a code nor an error'],
  ] as [[string, string][], string][]) {
    const { state, receive } = pendingSignIn()
    const { kind, error } = failureIn(receive([['state', state], ...parameters], issuer))
    assert.equal(kind, 'protocol')
    assert.equal(error.code, 'provider_protocol')
    assertSentence(error.message, 'an answer that is not one', { what, user: 'user@example.com' })
  }
})

test('neither printing nor serializing an attempt shows its secrets', () => {
  const { pending, state } = pendingSignIn()
  const { codeVerifier, nonce } = pending.redemption
  const printed = inspect(pending, { showHidden: true, depth: 9 }) + JSON.stringify(pending)
  for (const secret of [state, nonce, codeVerifier.reveal()]) {
    assert.equal(printed.includes(secret), false)
  }
})
