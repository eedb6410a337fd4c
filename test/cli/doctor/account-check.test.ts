import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAccount } from '../../../src/cli/doctor/account-check.ts'
import type { AccountError, AccountStatus } from '../../../src/control/api.ts'
import { accountStatus } from '../run-against.ts'

const expires_at = '2026-01-01T01:00:00.000Z'
const outage: AccountError = {
  error: 'provider_unavailable',
  error_description: 'no route',
  hint: 'look at the network',
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

function told(changes: Partial<AccountStatus>) {
  const [state] = checkAccount(accountStatus(changes))
  return state
}

test('an account that works has its state, provider and grant', () => {
  const finding = told({ expires_at })
  assert.equal(finding?.level, 'ok')
  assert.equal(finding?.text, 'user@example.com: active, office365, authorization_code')
})

test('an outage is a warning while the token lasts, and a failure then', () => {
  const text = 'user@example.com: backing off; no route; who must act: nobody: it will pass'
  const served = told({ state: 'backing_off', error: outage, expires_at })
  assert.deepEqual(served, {
    level: 'warning',
    subject: 'account',
    text: `${text}; the token in memory is still served`,
    hint: 'look at the network',
  })
  const gone = told({ state: 'backing_off', error: outage })
  assert.deepEqual(gone, {
    level: 'failure',
    subject: 'account',
    text,
    hint: 'look at the network',
    code: 'provider_unavailable',
  })
})

test('what only a person ends is a failure, with whoever that is', () => {
  const ended = told({ state: 'sign_in_required', error: dead, expires_at })
  assert.equal(ended?.level, 'failure')
  assert.equal(ended?.code, 'sign_in_required')
  assert.equal(
    ended?.text,
    'user@example.com: sign in required; the password was changed; who must act: you',
  )
  const never = told({ state: 'signed_out', action: 'run it' })
  assert.deepEqual(
    [never?.level, never?.code, never?.hint],
    ['failure', 'sign_in_required', 'run it'],
  )
  assert.equal(told({ state: 'signing_in' })?.level, 'warning')
  assert.equal(told({ is_durable: false, action: 'free space', expires_at })?.level, 'warning')
})

/** Level and text of what is said about the scopes. */
function missing(wanted_scopes: string[], granted_scopes: string[]) {
  const finding = checkAccount(accountStatus({ wanted_scopes, granted_scopes }))[1]
  return [finding?.level, finding?.text]
}

test('scopes are compared by what they mean', () => {
  const outlook = 'https://outlook.office.com/'
  assert.deepEqual(missing([`${outlook}SMTP.Send`, 'offline_access'], ['smtp.send', 'openid']), [
    'ok',
    'user@example.com: all that are wanted are granted',
  ])
  assert.deepEqual(
    missing([`${outlook}SMTP.Send`, `${outlook}IMAP.AccessAsUser.All`], [`${outlook}SMTP.Send`]),
    ['failure', `user@example.com: not granted: ${outlook}IMAP.AccessAsUser.All`],
  )
  assert.deepEqual(
    missing(['https://mail.google.com/'], ['https://www.googleapis.com/auth/gmail.send']),
    ['failure', 'user@example.com: not granted: https://mail.google.com/'],
  )
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
  assert.deepEqual(
    findings.map(({ level, text, hint }) => [level, text, hint]),
    [
      ['ok', 'user@example.com: if unused the sign-in ends on 2026-03-01: idle', ''],
      ['warning', 'user@example.com: the client certificate ends on 2026-03-01: idle', 'run it'],
    ],
  )
})

test('a token file is named, and warned of when it is not as it should be', () => {
  const file = { path: '/f', protocol: 'SMTP', format: 'token', expires_at, problem: null }
  const token_files = [file, { ...file, problem: 'the token file "/f" cannot be written: ENOSPC' }]
  const [, ...findings] = checkAccount(accountStatus({ token_files, action: 'free space' }))
  assert.deepEqual(
    findings.map(({ level, subject, text, hint }) => [level, subject, text, hint]),
    [
      ['ok', 'token file', '/f: token', ''],
      ['warning', 'token file', 'the token file "/f" cannot be written: ENOSPC', 'free space'],
    ],
  )
})
