/** What `login --device` and `login --paste` print, read and end with. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import type { SignInMethod } from '../../src/accounts/sign-in-method.ts'
import { RequestInvalidError, SignInFailedError } from '../../src/errors.ts'
import type { SignInProgress } from '../../src/messages/control-api.ts'
import { defer } from '../daemon/sign-in/deferred.ts'
import { type Home, runClient } from '../support/daemon.ts'
import { serveControl, temporaryHome } from './run-against.ts'
import { assertResult, assertSentence } from '../support/golden.ts'

const user = 'user@example.com'
const providerUrl =
  'https://login.example/authorize?client_id=c&redirect_uri=http%3A%2F%2Flocalhost%3A4321&state=s'
const userCode: SignInProgress = {
  event: 'user_code',
  user_code: 'ABCD-EFGH',
  verification_uri: 'https://microsoft.com/devicelogin',
  expires_at: new Date(Date.now() + 900_000).toISOString(),
}
const completed: SignInProgress = { event: 'completed', user, expires_at: '2026-01-01T00:00:00Z' }

async function* lines(...progress: SignInProgress[]): AsyncIterable<SignInProgress> {
  yield* progress
}

test('login --device prints address and code on lines of their own', async (t) => {
  const home = await temporaryHome(t)
  const methods: (SignInMethod | undefined)[] = []
  await serveControl(t, home.controlSocket, {
    signIn: (_user, _signal, method) => {
      methods.push(method)
      return lines(userCode, completed)
    },
    accounts: () => ({ version: '1', pid: 1, accounts: [] }),
  })
  assertResult(
    await runClient(home, ['login', user, '--device']),
    0,
    'login --device prints address and code on lines of their own',
    { user },
  )
  assert.deepEqual(methods, ['device'])
})

test('login without an option leaves the way to the grant of the account', async (t) => {
  const home = await temporaryHome(t)
  const methods: (SignInMethod | undefined)[] = []
  await serveControl(t, home.controlSocket, {
    signIn: (_user, _signal, method) => {
      methods.push(method)
      return lines(userCode, completed)
    },
    accounts: () => ({ version: '1', pid: 1, accounts: [] }),
  })
  const { stdout } = await runClient(home, ['login', user])
  assert.match(stdout, /^ABCD-EFGH$/m)
  assert.deepEqual(methods, [undefined])
})

test('--device and --paste cannot be combined', async (t) => {
  const home = await temporaryHome(t)
  const { status, stderr } = await runClient(home, ['login', user, '--device', '--paste'])
  assert.equal(status, 64)
  assertSentence(stderr, '--device and --paste cannot be combined', {
    first: '--device',
    second: '--paste',
  })
})

/** A daemon that takes the address `right`, and explains every other. */
async function servePaste(t: Parameters<typeof serveControl>[0], home: Home) {
  const taken = defer<void>()
  const pasted: string[] = []
  await serveControl(t, home.controlSocket, {
    signIn: async function* (_user, signal, method) {
      assert.equal(method, 'paste')
      yield { event: 'url', url: providerUrl }
      await Promise.race([taken.promise, once(signal, 'abort')])
      yield { event: 'code_received' }
      yield completed
    },
    redirectSignIn: (_user, url) => {
      pasted.push(url)
      if (url !== 'right') throw new RequestInvalidError('not that one', { hint: 'another' })
      taken.resolve()
    },
  })
  return pasted
}

test('login --paste prints the address of the provider alone, and reads until one is taken', async (t) => {
  const home = await temporaryHome(t)
  const pasted = await servePaste(t, home)
  const result = await runClient(home, ['login', user, '--paste'], 'wrong\n\nright\nunread\n')
  assertResult(
    result,
    0,
    'login --paste prints the address of the provider alone, and reads until one is taken',
    { providerUrl, user: 'user@example.com', page: 'http://localhost:4321' },
  )
  assert.deepEqual(pasted, ['wrong', 'right'])
})

test('login --paste ends with its input, and the sign-in with it', async (t) => {
  const home = await temporaryHome(t)
  await servePaste(t, home)
  const { status, stderr } = await runClient(home, ['login', user, '--paste'], 'wrong\n')
  assert.equal(status, 64)
  assertSentence(stderr, 'login --paste ends with its input, and the sign-in with it', { user })
})

test('login --paste ends when the sign-in does, whatever is typed or not', async (t) => {
  const home = await temporaryHome(t)
  const error = { error: 'sign_in_failed', error_description: 'expired', hint: 'again' } as const
  const pasted = defer<void>()
  await serveControl(t, home.controlSocket, {
    signIn: async function* () {
      yield { event: 'url', url: providerUrl }
      await pasted.promise
      yield { event: 'failed', error }
    },
    redirectSignIn: () => {
      pasted.resolve()
      throw new SignInFailedError('there is none')
    },
  })
  const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauth.js')
  const child = spawn(program, ['login', user, '--paste'], { env: home.env })
  // Never ended: a person at a terminal does not end it either.
  child.stdin.write('too late\n')
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  assert.deepEqual(await once(child, 'close'), [77, null])
  assert.equal(stderr, 'cms-oauth: error: expired\ncms-oauth: hint: again\n')
})

for (const [is_certain, status, level] of [
  [true, 77, 'error'],
  [false, 0, 'warning'],
] as const) {
  test(`login tells what is missing as ${level === 'error' ? 'an error' : 'a warning'}, and exits with ${status}`, async (t) => {
    const home = await temporaryHome(t)
    const missing = { message: 'it does not allow sending mail', next_step: 'allow it', is_certain }
    await serveControl(t, home.controlSocket, {
      signIn: () => lines({ ...completed, missing }),
    })
    assertResult(
      await runClient(home, ['login', user]),
      status,
      `login tells what is missing as ${level === 'error' ? 'an error' : 'a warning'}, and exits with ${status}`,
      { user, level },
    )
  })
}

for (const grant of [undefined, 'client_credentials']) {
  test(`login promises programs nothing where only an outbox sends, by ${grant ?? 'a sign-in'}`, async (t) => {
    const home = await temporaryHome(t)
    await serveControl(t, home.controlSocket, {
      signIn: () =>
        lines({ ...completed, sends_by: 'graph', ...(grant !== undefined && { grant }) }),
    })
    const result = await runClient(home, ['login', user])
    assert.doesNotMatch(result.stdout, /programs/)
    assertResult(result, 0, `login of an account that only sends, by ${grant ?? 'a sign-in'}`, {
      user,
    })
  })
}
