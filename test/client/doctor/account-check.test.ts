import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAccount } from '../../../src/client/doctor/account-check.ts'
import type { Advice } from '../../../src/messages/advice.ts'
import type { AccountError, AccountStatus } from '../../../src/messages/control-api.ts'
import { accountStatus } from '../run-against.ts'
import { assertFinding } from '../../support/golden.ts'

const user = 'user@example.com'
const expires_at = '2026-01-01T01:00:00.000Z'
const outage: AccountError = {
  error: 'provider_unavailable',
  error_description: 'no route',
  hint: 'check the network',
  actor: 'nobody',
  failed_at: '2026-01-01T00:00:00.000Z',
}
const dead: AccountError = {
  ...outage,
  error: 'sign_in_required',
  error_description: 'the password was changed',
  hint: 'sign in',
  actor: 'you',
}

const signIn: Advice = {
  about: 'access',
  in_short: 'sign in',
  actor: 'you',
  is_urgent: false,
  message: 'nobody has signed in',
  next_step: 'run it',
}

function told(changes: Partial<AccountStatus>) {
  const [state] = checkAccount(accountStatus(changes))
  return state
}

test('an account that works has its state, provider and grant', () => {
  const finding = told({ expires_at })
  assertFinding(finding, 'ok', 'an account that works has its state, provider and grant', { user })
})

test('an outage is a warning while the token lasts, and a failure then', () => {
  const served = told({ state: 'backing_off', error: outage, expires_at })
  assert.equal(served?.code, undefined)
  assertFinding(served, 'warning', 'an outage while the token lasts', { user, reason: 'no route' })
  const gone = told({ state: 'backing_off', error: outage })
  assert.equal(gone?.code, 'provider_unavailable')
  assertFinding(gone, 'failure', 'an outage without a token', { user, reason: 'no route' })
  assert.deepEqual([served?.subject, gone?.subject], ['account', 'account'])
})

test('what only a person ends is a failure, with whoever that is', () => {
  const ended = told({ state: 'sign_in_required', error: dead, expires_at })
  assert.equal(ended?.code, 'sign_in_required')
  assertFinding(ended, 'failure', 'what only a person ends is a failure, with whoever that is', {
    user,
  })
  const advice = [{ ...signIn, is_urgent: true }]
  const never = told({ state: 'signed_out', advice })
  assert.deepEqual(
    [never?.level, never?.code, never?.hint],
    ['failure', 'sign_in_required', 'run it'],
  )
  assert.equal(told({ state: 'signing_in', advice: [signIn] })?.level, 'warning')
  assert.equal(told({ advice: [{ ...signIn, about: 'store' }], expires_at })?.level, 'warning')
})

test('what a sign-in does not allow is a failure, or a warning where it may have another name', () => {
  const granted_scopes = ['openid']
  const missing: Advice = { ...signIn, about: 'permissions', message: 'no mail' }
  for (const [is_urgent, level] of [
    [true, 'failure'],
    [false, 'warning'],
  ] as const) {
    const advice = [{ ...missing, is_urgent }]
    const [, finding] = checkAccount(accountStatus({ granted_scopes, advice }))
    assert.deepEqual([finding?.level, finding?.text, finding?.hint], [level, 'no mail', 'run it'])
  }
  const [, good] = checkAccount(accountStatus({ granted_scopes }))
  assertFinding(good, 'ok', 'all that is wanted is granted', { user })
  assert.equal(checkAccount(accountStatus({ wanted_scopes: ['mail'] })).length, 1)
})

test('ends are foreseen, and warned of when they are near', () => {
  const end = {
    what: 'sign_in' as const,
    at: '2026-03-01T00:00:00.000Z',
    is_sliding: true,
    is_near: false,
    reason: 'idle',
    next_step: 'run it',
  }
  const certificate = { ...end, what: 'client_certificate' as const, is_sliding: false }
  const [, ...findings] = checkAccount(
    accountStatus({ ends: [end, certificate, { ...certificate, is_near: true }] }),
  )
  const [first, second, ...more] = findings
  assertFinding(first, 'ok', 'an end that moves', { user, day: '2026-03-01', reason: 'idle' })
  assertFinding(second, 'warning', 'an end that is near', {
    user,
    day: '2026-03-01',
    reason: 'idle',
    step: 'run it',
  })
  assert.deepEqual(more, [])
})

test('a token file is named, and warned of when it is not as it should be', () => {
  const file = { path: '/f', protocol: 'SMTP', format: 'token', expires_at, problem: null }
  const token_files = [file, { ...file, problem: 'the token file "/f" cannot be written: ENOSPC' }]
  const [, ...findings] = checkAccount(
    accountStatus({
      token_files,
      advice: [
        {
          ...signIn,
          about: 'token_file',
          message: 'the token file "/f" cannot be written: ENOSPC',
          next_step: 'free space',
        },
      ],
    }),
  )
  assert.deepEqual(
    findings.map(({ level, subject, text, hint }) => [level, subject, text, hint]),
    [
      ['ok', 'token file', '/f: token', ''],
      ['warning', 'token file', 'the token file "/f" cannot be written: ENOSPC', 'free space'],
    ],
  )
})
