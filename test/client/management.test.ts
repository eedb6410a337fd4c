import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { AccountUnknownError } from '../../src/errors.ts'
import type { Advice } from '../../src/messages/advice.ts'
import type {
  ForgetAnswer,
  AccountStatus,
  BrokerEvent,
  ForeseenEnd,
  SignInProgress,
} from '../../src/messages/control-api.ts'
import { version } from '../../src/package/version.ts'
import { defer } from '../daemon/sign-in/deferred.ts'
import { type Home, runClient } from '../support/daemon.ts'
import { accountStatus, serveControl, temporaryHome } from './run-against.ts'
import { assertResult, assertSentence } from '../support/golden.ts'

const url = 'http://127.0.0.1:4321/open/abc'
const completed: SignInProgress = {
  event: 'completed',
  user: 'user@example.com',
  expires_at: '2026-01-01T00:00:00Z',
}
const needy = accountStatus({ user: 'needy@example.com', state: 'signed_out' })

async function* lines(...progress: SignInProgress[]): AsyncIterable<SignInProgress> {
  yield* progress
}

function accountsOf(...accounts: ReturnType<typeof accountStatus>[]) {
  return () => ({ version, pid: 1, accounts })
}

/** The client, running, with what it prints. */
function start(
  home: Home,
  args: string[],
): { child: ChildProcess; seen: (text: string) => Promise<void>; stderr: () => string } {
  const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauth.js')
  const child = spawn(program, args, { env: home.env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const seen = async (text: string) => {
    while (!stdout.includes(text)) await once(child.stdout, 'data')
    stdout = stdout.slice(stdout.indexOf(text) + text.length)
  }
  return { child, seen, stderr: () => stderr }
}

test('login without an address takes the only account that needs it, and prints the URL alone', async (t) => {
  const home = await temporaryHome(t)
  const asked: string[] = []
  await serveControl(t, home.controlSocket, {
    accounts: accountsOf(accountStatus(), needy),
    signIn: (user) => {
      asked.push(user)
      return lines({ event: 'url', url }, { event: 'page_opened' }, completed)
    },
  })
  const { status, stdout, stderr } = await runClient(home, ['login', '--no-browser'])
  assert.deepEqual({ status, stderr, asked }, { status: 0, stderr: '', asked: [needy.user] })
  assert.equal(
    stdout.split('\n').find((line) => line.includes('://')),
    url,
  )
})

test('login without an address names the candidates where it is not clear', async (t) => {
  const home = await temporaryHome(t)
  await serveControl(t, home.controlSocket, { accounts: accountsOf(accountStatus()) })
  assertResult(
    await runClient(home, ['login']),
    64,
    'login without an address names the candidates where it is not clear',
    { user: 'user@example.com' },
  )
})

test('login without an address takes the one whose sign-in others wait for too', async (t) => {
  const home = await temporaryHome(t)
  const asked: string[] = []
  const waiting = { user: 'shared@example.com', sign_in_with: needy.user, state: needy.state }
  await serveControl(t, home.controlSocket, {
    accounts: accountsOf(accountStatus(waiting), needy),
    signIn: (user) => {
      asked.push(user)
      return lines(completed)
    },
  })
  const { status } = await runClient(home, ['login', '--no-browser'])
  assert.deepEqual([status, asked], [0, [needy.user]])
})

test('login of an account that uses the sign-in of another says whose it is', async (t) => {
  const home = await temporaryHome(t)
  await serveControl(t, home.controlSocket, {
    signIn: () => lines({ event: 'sign_in_of', user: 'owner@example.com' }, completed),
  })
  const { stdout } = await runClient(home, ['login', 'shared@example.com', '--no-browser'])
  assertSentence(stdout, 'login of an account that uses the sign-in of another says whose it is', {
    user: 'shared@example.com',
    user2: 'owner@example.com',
  })
})

test('login of an account that needs no sign-in says so', async (t) => {
  const home = await temporaryHome(t)
  const grant = 'service_account'
  await serveControl(t, home.controlSocket, { signIn: () => lines({ ...completed, grant }) })
  assertResult(
    await runClient(home, ['login', 'user@example.com']),
    0,
    'login of an account that needs no sign-in says so',
    { user: 'user@example.com', grant },
  )
})

test('logout says what the provider was told, and where a person tells it', async (t) => {
  const organization = 'https://myapps.microsoft.com'
  const personal = 'https://account.live.com/consent/Manage'
  const cases: [what: string, ForgetAnswer, ...options: string[]][] = [
    ['not told', { was_revoked: false, revocation_page: organization }],
    ['revoked', { was_revoked: true }, '--revoke'],
    ['not told, shared', { was_revoked: false, is_shared: true }],
    ['revoked, shared', { was_revoked: true, is_shared: true }, '--revoke'],
    ['nothing known', { was_revoked: false }, '--revoke'],
    ['organization', { was_revoked: false, revocation_page: organization }, '--revoke'],
    ['personal', { was_revoked: false, revocation_page: personal }, '--revoke'],
  ]
  for (const [what, answer, ...options] of cases) {
    const home = await temporaryHome(t)
    await serveControl(t, home.controlSocket, {
      accounts: accountsOf(accountStatus()),
      forgetGrant: () => Promise.resolve(answer),
    })
    const page = options.length > 0 && answer.revocation_page
    assertResult(
      await runClient(home, ['logout', 'user@example.com', ...options]),
      0,
      `what the provider was told: ${what}`,
      { user: 'user@example.com', ...(page && { page }) },
    )
  }
})

test('logout of who is not signed in says so', async (t) => {
  const home = await temporaryHome(t)
  await serveControl(t, home.controlSocket, {
    accounts: accountsOf(needy),
    forgetGrant: () => Promise.resolve({ was_revoked: false }),
  })
  assertResult(
    await runClient(home, ['logout', needy.user]),
    0,
    'logout of who is not signed in says so',
    { user: 'needy@example.com' },
  )
})

test('login over SSH tells how to reach the page', async (t) => {
  const home = await temporaryHome(t)
  home.env['SSH_CONNECTION'] = '192.0.2.1 1 192.0.2.2 22'
  await serveControl(t, home.controlSocket, {
    signIn: () => lines({ event: 'url', url }, completed),
  })
  const { stdout } = await runClient(home, ['login', 'user@example.com'])
  assert.match(stdout, /\n {2}ssh -L 4321:127\.0\.0\.1:4321 \S+@\S+\n/)
})

test('a failed sign-in exits with 77 and the reason', async (t) => {
  const home = await temporaryHome(t)
  const error = { error: 'sign_in_failed', error_description: 'denied', hint: 'again' } as const
  await serveControl(t, home.controlSocket, { signIn: () => lines({ event: 'failed', error }) })
  assert.deepEqual(await runClient(home, ['login', 'user@example.com']), {
    status: 77,
    stdout: '',
    stderr: 'cms-oauth: error: denied\ncms-oauth: hint: again\n',
  })
})

test('Ctrl-C ends login quietly, and the daemon closes the page', async (t) => {
  const home = await temporaryHome(t)
  const departure = new AbortController()
  const departed = once(departure.signal, 'abort')
  await serveControl(t, home.controlSocket, {
    signIn: async function* (_user, signal) {
      signal.addEventListener('abort', () => departure.abort())
      yield { event: 'url', url }
      await departed
    },
  })
  const { child, seen, stderr } = start(home, ['login', 'user@example.com', '--no-browser'])
  await seen(url)
  child.kill('SIGINT')
  assert.deepEqual(await once(child, 'close'), [null, 'SIGINT'])
  await departed
  assert.equal(stderr(), '')
})

/** A token file that the disk refuses. */
const unwritten = {
  token_files: [
    {
      path: '/tokens/user',
      protocol: 'SMTP',
      format: 'sasl-xoauth2',
      expires_at: null,
      problem: 'the token file "/tokens/user" cannot be written: ENOSPC',
    },
  ],
}

const toDo: Advice = {
  about: 'access',
  in_short: 'see below',
  actor: 'you',
  is_urgent: false,
  message: 'it is not as it should be',
  next_step: 'make it so',
}

test('status tells of a token file in trouble', async (t) => {
  const home = await temporaryHome(t)
  const message = 'the token file "/tokens/user" cannot be written: ENOSPC'
  const advice = [{ ...toDo, about: 'token_file' as const, message, next_step: 'free space' }]
  const accounts = accountsOf(accountStatus({ advice, ...unwritten }))
  await serveControl(t, home.controlSocket, { accounts })
  assertResult(await runClient(home, ['status']), 0, 'a token file in trouble', {
    user: 'user@example.com',
    message,
    step: 'free space',
  })
})

const gone = {
  error: 'sign_in_required',
  error_description: 'gone',
  hint: 'cms-oauth login x',
  actor: 'you',
  failed_at: '2026-01-01T00:00:00.000Z',
  answer: {
    status: 400,
    error: 'invalid_grant',
    description: 'AADSTS50173: The grant has expired.',
    aadsts: 50173,
    correlationId: 'the-correlation',
    traceId: 'the-trace',
    timestamp: '2026-01-01 00:00:00Z',
  },
} as const
const nearEnd: ForeseenEnd = {
  what: 'sign_in',
  at: '2026-01-08T00:00:00.000Z',
  is_sliding: false,
  is_near: true,
  reason: 'the provider says so',
  next_step: 'cms-oauth login x',
}

test('status is a table, with what to do below it', async (t) => {
  const home = await temporaryHome(t)
  const bad = accountStatus({ state: 'sign_in_required', error: gone, action: 'cms-oauth login x' })
  await serveControl(t, home.controlSocket, { accounts: accountsOf(bad) })
  const { status, stdout } = await runClient(home, ['status'])
  assert.equal(status, 0)
  assertSentence(stdout, 'status is a table, with what to do below it', {
    user: 'user@example.com',
  })
})

test('status shows until when sign-ins last, and what ends soon', async (t) => {
  const home = await temporaryHome(t)
  const idle = { ...nearEnd, at: '2026-03-01T00:00:00.000Z', is_sliding: true, is_near: false }
  const advice: Advice[] = [{ ...toDo, about: 'end', message: 'the sign-in expires' }]
  const accounts = [accountStatus({ ends: [nearEnd], advice }), accountStatus({ ends: [idle] })]
  await serveControl(t, home.controlSocket, { accounts: accountsOf(...accounts) })
  const { stdout } = await runClient(home, ['status'])
  const [, first, second, ...rest] = stdout.split('\n')
  assert.match(first ?? '', / 2026-01-08$/)
  assert.match(second ?? '', / 2026-03-01 if unused$/)
  assertSentence(rest.join('\n'), 'status shows until when sign-ins last, and what ends soon', {
    user: 'user@example.com',
  })
})

test('status --json exits with the worst of the accounts', async (t) => {
  const home = await temporaryHome(t)
  let accounts = [accountStatus()]
  await serveControl(t, home.controlSocket, { accounts: () => accountsOf(...accounts)() })
  for (const [status, worst] of [
    [0, {}],
    [1, { advice: [toDo] }],
    [2, { advice: [toDo, { ...toDo, is_urgent: true }] }],
    [0, { ends: [{ ...nearEnd, is_near: false }] }],
    // An older daemon gives no advice.
    [1, { action: 'free space' }],
    [2, { state: 'misconfigured', action: 'correct it' }],
  ] satisfies [number, Partial<AccountStatus>][]) {
    accounts = [accountStatus(), accountStatus(worst)]
    const result = await runClient(home, ['status', '--json'])
    assert.equal(result.status, status)
    const shown = accounts.map((account) => ({ ...account, bridge_connections: 0 }))
    const nothing = { bridge_troubles: [], outboxes: [] }
    assert.deepEqual(JSON.parse(result.stdout), { ...accountsOf()(), ...nothing, accounts: shown })
  }
})

test('status --json without a daemon exits with 3 and says so in JSON', async (t) => {
  const home = await temporaryHome(t)
  const { status, stdout, stderr } = await runClient(home, ['status', '--json'])
  assert.deepEqual({ status, stderr }, { status: 3, stderr: '' })
  const { error, error_description } = JSON.parse(stdout) as Record<string, string>
  assert.equal(error, 'daemon_unreachable')
  assertSentence(
    error_description,
    'status --json without a daemon exits with 3 and says so in JSON',
    { controlSocket: home.controlSocket },
  )
})

test('status --watch follows events and ends with the daemon', async (t) => {
  const home = await temporaryHome(t)
  const subscribed = defer<void>()
  let tell: ((event: BrokerEvent) => void) | undefined
  let account = accountStatus()
  const stop = await serveControl(t, home.controlSocket, {
    accounts: () => accountsOf(account)(),
    subscribe: (listener) => {
      tell = listener
      subscribed.resolve()
      return () => {}
    },
  })
  const { child, seen, stderr } = start(home, ['status', '--watch'])
  await seen('active')
  await subscribed.promise
  account = accountStatus({ state: 'refreshing' })
  tell?.({ time: '2026-01-01T00:00:00Z', event: 'token.refreshing' })
  await seen('refreshing')
  stop()
  assert.deepEqual(await once(child, 'close'), [69, null])
  assertSentence(stderr(), 'status --watch follows events and ends with the daemon', {
    path: home.controlSocket,
  })
})

test('the control socket is named by option, environment or configuration', async (t) => {
  const home = await temporaryHome(t)
  const path = join(home.directory, 'other.sock')
  await serveControl(t, path, {
    refresh: async () => {
      throw new AccountUnknownError('no such account', { hint: 'look' })
    },
  })
  await home.configure(
    `[control]\npath = "${path}"\n[[account]]\nuser = "a@x"\nprovider = "office365"\nclient_id = "c"\n`,
  )
  const expected = {
    status: 67,
    stdout: '',
    stderr: 'cms-oauth: error: no such account\ncms-oauth: hint: look\n',
  }
  const args = ['refresh', 'a@x']
  assert.deepEqual(await runClient(home, [...args, `--control_sock=${path}`]), expected)
  assert.deepEqual(await runClient(home, [...args, `--config=${home.configFile}`]), expected)
  home.env['CMS_OAUTH_CONTROL'] = path
  assert.deepEqual(await runClient(home, args), expected)
})

test('status tells a daemon of another version, which an update has left running', async (t) => {
  const home = await temporaryHome(t)
  const answer = { ...accountsOf(accountStatus())(), version: '0.0.1' }
  await serveControl(t, home.controlSocket, { accounts: () => answer })
  const { status, stdout } = await runClient(home, ['status'])
  assert.equal(status, 0)
  assertSentence(stdout.trimEnd().split('\n').at(-1), 'a daemon of another version', {
    theirs: '0.0.1',
    ours: version,
  })
  assert.equal((await runClient(home, ['status', '--json'])).status, 1)
})
