import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Notice } from '../../../src/daemon/notices/notifier.ts'
import { TokenEvents } from '../../../src/daemon/broker/token-events.ts'
import type { AccountToken } from '../../../src/daemon/tokens/account-token.ts'
import type { TokenEvent } from '../../../src/daemon/tokens/token-event.ts'
import { ProviderUnavailableError, SignInRequiredError } from '../../../src/errors.ts'
import type { LogFields } from '../../../src/logging/log.ts'
import type { BrokerEvent } from '../../../src/messages/control-api.ts'
import type { FreshToken } from '../../../src/messages/renewer-jobs.ts'
import { createAccountToken } from '../../support/account-token.ts'
import { assertSentence } from '../../support/golden.ts'
import { refreshedToken } from '../../support/refreshed.ts'

const dayMs = 24 * 60 * 60 * 1_000
const user = 'user@example.com'
const secret = 'canary-access-token'

interface Line extends LogFields {
  level: string
  event: string
}

function setUp() {
  const { token, clock } = createAccountToken()
  const lines: Line[] = []
  const published: Omit<BrokerEvent, 'time'>[] = []
  const notices: Notice[] = []
  const accesses: string[] = []
  const write =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      void lines.push({ level, event, ...fields })
  const events = new TokenEvents({
    log: {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
    },
    publish: (event) => published.push(event),
    notify: (notice) => notices.push(notice) > 0,
    clock,
    sharersOf: () => [],
    onAccess: (of) => accesses.push(of),
  })
  const refreshed = (changes: Partial<FreshToken> = {}) =>
    token.accept(
      refreshedToken({
        accessToken: secret,
        expiresAt: clock.wallMs() + 60 * 60_000,
        ...changes,
      }),
    )
  const handle = (event: TokenEvent, of: AccountToken = token) => events.handle(of, event)
  const drop = () => events.drop(user)
  return { token, clock, lines, published, notices, accesses, refreshed, handle, drop }
}

test('a refresh is logged and published with the fingerprint, never with the token', () => {
  const { lines, published, notices, refreshed, handle, token, clock } = setUp()
  refreshed()
  handle({ event: 'token.refreshed', isDurable: true })
  const fingerprint = token.servable?.fingerprint
  const expiresAt = new Date(clock.wallMs() + 60 * 60_000).toISOString()
  assert.deepEqual(lines, [
    { level: 'info', event: 'token.refreshed', user, fingerprint, expiresAt },
  ])
  assert.deepEqual(published, [{ event: 'token.refreshed', user, state: 'active', fingerprint }])
  assert.deepEqual(notices, [])
  assert.ok(!JSON.stringify([lines, published]).includes(secret))
})

test('a record that the disk refused is an error', () => {
  const { lines, refreshed, handle } = setUp()
  refreshed({ isDurable: false })
  handle({ event: 'token.refreshed', isDurable: false })
  assert.deepEqual(lines.at(-1), { level: 'error', event: 'store.not_durable', user })
})

test('a failed refresh is a warning that says why, and no notice', () => {
  const { lines, published, notices, handle } = setUp()
  const error = new ProviderUnavailableError('no route', { hint: 'check the network' })
  handle({ event: 'token.refresh_failed', error })
  assert.deepEqual(lines, [
    {
      level: 'warn',
      event: 'token.refresh_failed',
      user,
      state: 'signed_out',
      code: 'provider_unavailable',
      message: 'no route',
      hint: 'check the network',
      actor: 'nobody',
      answer: {},
    },
  ])
  assert.equal(published[0]?.detail, 'no route')
  assert.deepEqual(notices, [])
})

test('a sign-in that is needed is an error', () => {
  const { lines, handle } = setUp()
  const error = new SignInRequiredError('the provider ended the sign-in')
  handle({ event: 'token.sign_in_required', error })
  assert.equal(lines[0]?.level, 'error')
  assert.equal(lines[0]?.code, 'sign_in_required')
})

test('sign-ins that open and close are told with the state of the account, also when they overlap', () => {
  const { token, published, lines, notices, accesses, handle } = setUp()
  const steps = [
    [1, 'sign_in.opened', 'signing_in'],
    [1, 'sign_in.opened', 'signing_in'],
    [-1, 'sign_in.closed', 'signing_in'],
    [-1, 'sign_in.closed', 'signed_out'],
  ] as const
  for (const [change, event] of steps) {
    token.countSignIn(change)
    handle({ event })
  }
  assert.deepEqual(
    published,
    steps.map(([, event, state]) => ({ event, user, state })),
  )
  assert.deepEqual(
    lines,
    steps.map(([, event]) => ({ level: 'info', event, user })),
  )
  // Neither is news for a person, and neither has brought or taken away a token.
  assert.deepEqual([notices, accesses], [[], []])
})

test('an end that the provider announced is told seven days before, once a day', () => {
  const { clock, notices, refreshed, handle } = setUp()
  const renewalExpiresAt = clock.wallMs() + 8 * dayMs
  const refreshAfter = (ms: number) => {
    clock.advance(ms)
    refreshed({ renewalExpiresAt })
    handle({ event: 'token.refreshed', isDurable: true })
    return notices.length
  }
  assert.equal(refreshAfter(0), 0)
  assert.equal(refreshAfter(dayMs - 1), 0)
  assert.equal(refreshAfter(1), 1)
  assert.equal(refreshAfter(dayMs - 1), 1)
  assert.equal(refreshAfter(1), 2)
  const message = notices[0]?.message ?? ''
  assertSentence(message, 'a sign-in that expires', { user, day: '2026-01-09' })
  assert.deepEqual(notices[0], { event: 'sign_in_expiring', user, message })
})

test('of an account that is configured again its end is told again', () => {
  const { clock, notices, refreshed, handle, drop } = setUp()
  const refresh = () => {
    refreshed({ renewalExpiresAt: clock.wallMs() + dayMs })
    handle({ event: 'token.refreshed', isDurable: true })
    return notices.length
  }
  assert.deepEqual([refresh(), refresh()], [1, 1])
  drop()
  assert.equal(refresh(), 2)
})

test('the end of a client secret is told as what it is, and in the log', () => {
  const { clock, lines, notices, refreshed, handle, token } = setUp()
  refreshed()
  const clientSecretExpiresAt = clock.wallMs() + 20 * dayMs
  token.reconfigure({ ...token.account, clientSecretExpiresAt })
  const error = new ProviderUnavailableError('no route')
  handle({ event: 'token.refresh_failed', error })
  handle({ event: 'token.refresh_failed', error })
  const message = notices[0]?.message ?? ''
  assertSentence(message, 'a client secret that expires', { user, day: '2026-01-21' })
  assert.deepEqual(notices, [{ event: 'client_credential_expiring', user, message }])
  assert.deepEqual(lines[1], { level: 'warn', event: 'client_credential_expiring', user, message })
})

test('a client secret that has expired is told as past, with what to do now', () => {
  const { clock, notices, refreshed, handle, token } = setUp()
  refreshed()
  token.reconfigure({ ...token.account, clientSecretExpiresAt: clock.wallMs() - dayMs })
  handle({ event: 'token.refresh_failed', error: new ProviderUnavailableError('no route') })
  const message = notices[0]?.message ?? ''
  assertSentence(message, 'a client secret that has expired', { user, day: '2025-12-31' })
})
