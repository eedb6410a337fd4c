import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountStatus } from '../../../src/daemon/broker/account-status.ts'
import {
  type CmsOauthError,
  ProviderRejectedError,
  ProviderUnavailableError,
  SignInRequiredError,
} from '../../../src/errors.ts'
import type { FreshToken } from '../../../src/messages/renewer-jobs.ts'
import { createAccountToken } from '../../support/account-token.ts'
import { assertSentence } from '../../support/golden.ts'
import { refreshedToken } from '../../support/refreshed.ts'

const login = 'run "cms-oauth login user@example.com"'

function grant(nowMs: number, changes: Partial<FreshToken> = {}): FreshToken {
  const expiresAt = nowMs + 60 * 60_000
  const signedInAt = Date.UTC(2025, 11, 31)
  return refreshedToken({ expiresAt, signedInAt, scopes: ['mail'], ...changes })
}

/** The status of an account whose every refresh fails so. */
async function statusAfter(failure: CmsOauthError, tries = 1) {
  const { token, clock } = createAccountToken(() => Promise.reject(failure))
  token.accept(grant(clock.wallMs()))
  for (let count = 0; count < tries; count++) await assert.rejects(token.refreshNow(), failure)
  return accountStatus(token)
}

test('an account that nobody signed in for says so, and nothing it does not know', () => {
  const { token } = createAccountToken()
  const status = accountStatus(token)
  const message = status.advice?.[0]?.message ?? ''
  assertSentence(message, 'nobody has signed in', { user: 'user@example.com' })
  assert.deepEqual(status, {
    user: 'user@example.com',
    provider: 'oidc',
    client_id: 'client',
    login_hint: 'user@example.com',
    grant: 'authorization_code',
    sign_in_with: null,
    sends_by: null,
    resource: null,
    state: 'signed_out',
    expires_at: null,
    last_refresh_at: null,
    next_refresh_at: null,
    signed_in_at: null,
    is_durable: true,
    fingerprint: null,
    error: null,
    ends: [],
    wanted_scopes: ['mail'],
    granted_scopes: null,
    action: login,
    advice: [
      {
        about: 'access',
        in_short: 'sign in',
        actor: 'you',
        is_urgent: true,
        message,
        next_step: login,
      },
    ],
    token_files: [],
  })
})

test('an active account has its moments and its fingerprint, and never its token', () => {
  const { token, clock } = createAccountToken()
  token.accept(grant(clock.wallMs()))
  const status = accountStatus(token)
  assert.equal(status.state, 'active')
  assert.equal(status.expires_at, '2026-01-01T01:00:00.000Z')
  assert.equal(status.last_refresh_at, '2026-01-01T00:00:00.000Z')
  assert.equal(status.signed_in_at, '2025-12-31T00:00:00.000Z')
  assert.ok(status.next_refresh_at !== null && status.next_refresh_at < status.expires_at)
  assert.equal(status.fingerprint, token.servable?.fingerprint)
  assert.equal(status.action, '')
  assert.ok(!JSON.stringify(status).includes('canary'))
})

test('a token past its time is not shown as one', () => {
  const { token, clock } = createAccountToken()
  token.accept(grant(clock.wallMs()))
  clock.advance(60 * 60_000)
  const { expires_at: expiresAt, fingerprint } = accountStatus(token)
  assert.deepEqual({ expiresAt, fingerprint }, { expiresAt: null, fingerprint: null })
})

test('a grant that is not on disk asks for room', () => {
  const { token, clock } = createAccountToken()
  token.accept(grant(clock.wallMs(), { isDurable: false }))
  const { is_durable: isDurable, action } = accountStatus(token)
  assert.equal(isDurable, false)
  assertSentence(action, 'a sign-in that is not on the disk')
})

test('a token file that is not as it should be is told with what to do', () => {
  const { token, clock } = createAccountToken()
  token.accept(grant(clock.wallMs()))
  const path = '/tokens/user'
  const configuration = {
    path,
    account: 'u@x',
    protocol: 'SMTP' as const,
    format: 'token' as const,
    mode: 0o600,
  }
  const problem = { message: 'the token file cannot be written: ENOSPC', hint: 'free space' }
  const { action, token_files } = accountStatus(token, [
    { configuration, expiresAt: clock.wallMs(), problem: undefined },
    { configuration, expiresAt: undefined, problem },
  ])
  const common = { path, protocol: 'SMTP', format: 'token' }
  assert.deepEqual(token_files, [
    { ...common, expires_at: '2026-01-01T00:00:00.000Z', problem: null },
    { ...common, expires_at: null, problem: 'the token file cannot be written: ENOSPC' },
  ])
  assert.equal(action, 'free space')
})

test('an open sign-in is the state, whatever was before', () => {
  const { token } = createAccountToken()
  token.countSignIn(1)
  const { state, action } = accountStatus(token)
  assert.equal(state, 'signing_in')
  assertSentence(action, 'an open sign-in')
})

test('an outage needs nobody; the error and the next try are told', async () => {
  const error = new ProviderUnavailableError('no route', { hint: 'check the network' })
  const status = await statusAfter(error)
  assert.equal(status.state, 'backing_off')
  assert.equal(status.action, 'check the network')
  assert.notEqual(status.next_refresh_at, null)
  assert.deepEqual(status.error, {
    answer: {},
    error: 'provider_unavailable',
    error_description: 'no route',
    hint: 'check the network',
    actor: 'nobody',
    failed_at: '2026-01-01T00:00:00.000Z',
  })
})

test('a dead grant asks for a sign-in', async () => {
  const status = await statusAfter(new SignInRequiredError('revoked'), 2)
  assert.equal(status.state, 'sign_in_required')
  assert.equal(status.action, login)
})

test('a wrong registration asks the operator for what the error hints at', async () => {
  const error = new ProviderRejectedError('unknown client', { hint: 'correct client_id' })
  const status = await statusAfter(error)
  assert.equal(status.state, 'misconfigured')
  assert.equal(status.action, 'correct client_id')
})

test('a sign-in that ends soon is told with its day, and the scopes with what was granted', () => {
  const { token, clock } = createAccountToken()
  const renewalExpiresAt = clock.wallMs() + 24 * 60 * 60_000
  token.accept(
    grant(clock.wallMs(), { renewalExpiresAt, signedInAt: 1, scopes: ['mail', 'other'] }),
  )
  const status = accountStatus(token, [], { now: clock.wallMs() })
  const reason = status.ends[0]?.reason ?? ''
  assertSentence(reason, 'an end that the provider announced')
  assert.deepEqual(status.ends, [
    {
      what: 'sign_in',
      at: '2026-01-02T00:00:00.000Z',
      is_sliding: false,
      is_near: true,
      reason,
      next_step: login,
    },
  ])
  assert.equal(status.action, `before 2026-01-02, ${login}`)
  assert.deepEqual(status.wanted_scopes, ['mail'])
  assert.deepEqual(status.granted_scopes, ['mail', 'other'])
})
