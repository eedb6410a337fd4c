/** What is done for every account, or shown of one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignInRequiredError } from '../../src/errors.ts'
import type { SignInProgress } from '../../src/messages/control-api.ts'
import { version } from '../../src/package/version.ts'
import { runClient } from '../support/daemon.ts'
import { accountStatus, serveControl, temporaryHome } from './run-against.ts'
import { assertResult } from '../support/golden.ts'

const good = accountStatus({ user: 'good@example.com' })
const needy = accountStatus({ user: 'needy@example.com', state: 'signed_out' })
const shared = accountStatus({
  user: 'shared@example.com',
  state: 'signed_out',
  sign_in_with: needy.user,
})
const late = accountStatus({ user: 'late@example.com', state: 'sign_in_required' })

function accounts() {
  return { version, pid: 1, accounts: [good, needy, shared, late] }
}

async function* lines(...progress: SignInProgress[]): AsyncIterable<SignInProgress> {
  yield* progress
}

test('login --all signs in who needs it, one after the other, and goes on after a failure', async (t) => {
  const home = await temporaryHome(t)
  const asked: string[] = []
  const error = { error: 'sign_in_failed', error_description: 'denied', hint: 'again' } as const
  await serveControl(t, home.controlSocket, {
    accounts,
    signIn: (user) => {
      asked.push(user)
      if (user === needy.user) return lines({ event: 'failed', error })
      return lines({ event: 'completed', user, expires_at: '2026-01-01T00:00:00Z' })
    },
  })
  assertResult(
    await runClient(home, ['login', '--all', '--no-browser']),
    77,
    'login --all signs in who needs it, one after the other, and goes on after a failure',
    { user: 'late@example.com' },
  )
  assert.deepEqual(asked, [needy.user, late.user])
})

test('login --all says so where nobody needs it', async (t) => {
  const home = await temporaryHome(t)
  await serveControl(t, home.controlSocket, {
    accounts: () => ({ version, pid: 1, accounts: [good] }),
  })
  assertResult(
    await runClient(home, ['login', '--all']),
    0,
    'login --all says so where nobody needs it',
  )
})

test('refresh --all refreshes every account, and ends with the status of the first failure', async (t) => {
  const home = await temporaryHome(t)
  await serveControl(t, home.controlSocket, {
    accounts,
    refresh: (user) =>
      user === good.user || user === late.user
        ? Promise.resolve()
        : Promise.reject(new SignInRequiredError(`no sign-in of "${user}"`, { hint: 'sign in' })),
  })
  const { status, stdout, stderr } = await runClient(home, ['refresh', '--all'])
  assert.deepEqual(
    [status, stdout],
    [77, 'good@example.com: refreshed\nlate@example.com: refreshed\n'],
  )
  assert.match(stderr, /"needy@example\.com"[^]*"shared@example\.com"/)
})

test('refresh without an address takes the only account, and else names them', async (t) => {
  for (const [which, known] of Object.entries({ one: [good], several: [good, late], none: [] })) {
    const home = await temporaryHome(t)
    const refreshed: string[] = []
    await serveControl(t, home.controlSocket, {
      accounts: () => ({ version, pid: 1, accounts: known }),
      refresh: (user) => Promise.resolve(void refreshed.push(user)),
    })
    const result = await runClient(home, ['refresh'])
    assertResult(result, which === 'one' ? 0 : 64, `refresh without an address: ${which}`)
    assert.deepEqual(refreshed, which === 'one' ? [good.user] : [])
  }
})

test('--all and an address are too much', async (t) => {
  const home = await temporaryHome(t)
  for (const command of ['login', 'refresh']) {
    const result = await runClient(home, [command, 'u@x', '--all'])
    assertResult(result, 64, '--all and an address are too much', { command })
  }
})

test('status of one address shows that alone, also to programs', async (t) => {
  const home = await temporaryHome(t)
  const unused = { user: 'old@example.com', signed_in_at: null, reason: 'it is not configured' }
  await serveControl(t, home.controlSocket, {
    accounts: () => ({ ...accounts(), unused_sign_ins: [unused] }),
  })
  const { status, stdout } = await runClient(home, ['status', late.user])
  assert.equal(status, 0)
  assert.match(stdout, /^late@example\.com /m)
  assert.doesNotMatch(stdout, /good@|needy@|old@/)
  const json = await runClient(home, ['status', good.user, '--json'])
  assert.equal(json.status, 0)
  const { accounts: shown } = JSON.parse(json.stdout) as { accounts: object[] }
  assert.deepEqual(shown, [{ ...good, bridge_connections: 0 }])
  assert.match((await runClient(home, ['status', unused.user])).stdout, /old@example\.com/)
})

test('status of an address that there is not names the nearest', async (t) => {
  const home = await temporaryHome(t)
  await serveControl(t, home.controlSocket, { accounts })
  assertResult(
    await runClient(home, ['status', 'godo@example.com']),
    67,
    'status of an address that there is not names the nearest',
    { user: 'godo@example.com', user2: 'good@example.com' },
  )
})
