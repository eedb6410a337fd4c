import assert from 'node:assert/strict'
import { get } from 'node:http'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import type { SignInMethod } from '../../../src/accounts/sign-in-method.ts'
import { OpenSignIns } from '../../../src/daemon/grants/open-sign-ins.ts'
import type { RenewerHandle } from '../../../src/daemon/processes/renewer-handle.ts'
import { ProviderRejectedError } from '../../../src/errors.ts'
import type { LogFields } from '../../../src/logging/log.ts'
import type { SignInProgress } from '../../../src/messages/control-api.ts'
import type { JobKind, Jobs } from '../../../src/messages/renewer-jobs.ts'
import { testAccount } from '../../support/accounts.ts'
import { refreshedToken } from '../../support/refreshed.ts'
import { assertSentence, expectedError } from '../../support/golden.ts'

const account = testAccount()
const { user } = account
const retryUrl = () => Promise.resolve('http://127.0.0.1:1/again')
const unexpected = () => assert.fail('an unexpected call')

const refreshed = refreshedToken({
  accessToken: 'access',
  expiresAt: Date.UTC(2026, 0, 1),
  scopes: ['mail'],
  identity: user,
})

type Answers = { [K in JobKind]?: (parameters: Jobs[K]['parameters']) => Promise<unknown> }

/** Sign-ins whose renewer answers so, what is accepted, and what the log is warned of. */
function prepare(t: TestContext, answers: Answers = {}) {
  const asked: Jobs['start-authorization']['parameters'][] = []
  const all: Answers = {
    'start-authorization': (parameters) => {
      asked.push(parameters)
      return Promise.resolve({ url: 'https://issuer.example/auth' })
    },
    'redeem-code': () => Promise.resolve(refreshed),
    ...answers,
  }
  const run = (kind: JobKind, parameters: never) => (all[kind] ?? unexpected)(parameters)
  const happened: string[] = []
  const warnings: LogFields[] = []
  const warn = (event: string, fields: LogFields = {}) => {
    happened.push(event)
    warnings.push(fields)
  }
  const signIns = new OpenSignIns({
    renewer: { run } as unknown as RenewerHandle,
    log: { debug: unexpected, info: unexpected, warn, error: unexpected },
    listen: () => ({ port: 0 }),
  })
  t.after(() => signIns.cancelAll())
  const accept = () => happened.push('accepted')
  const open = (signal = new AbortController().signal, method?: SignInMethod) =>
    signIns.run(account, { method, signal, retryUrl }, accept)[Symbol.asyncIterator]()
  /** Brings the provider's answer to the newest sign-in, and follows where it leads. */
  const answer = (): Promise<string> => {
    const { redirectUri = '', state = '' } = asked.at(-1) ?? {}
    return fetchPage(`${redirectUri}?code=c&state=${state}`)
  }
  return { signIns, open, answer, happened, warnings }
}

function fetchPage(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      const { location } = response.headers
      const page = text(response)
      resolve(location === undefined ? page : fetchPage(new URL(location, url).href))
    }).on('error', reject)
  })
}

/** The rest of the lines. */
async function restOf(progress: AsyncIterator<SignInProgress>): Promise<SignInProgress[]> {
  const rest: SignInProgress[] = []
  for (let next = await progress.next(); next.done !== true; next = await progress.next()) {
    rest.push(next.value)
  }
  return rest
}

async function eventsOf(progress: AsyncIterator<SignInProgress>): Promise<string[]> {
  return (await restOf(progress)).map(({ event }) => event)
}

/** Why it failed: the last line. */
async function failureOf(progress: AsyncIterator<SignInProgress>): Promise<string> {
  const last = (await restOf(progress)).at(-1)
  assert.ok(last?.event === 'failed', last?.event)
  return last.error.error_description
}

test('a sign-in tells its page, its steps and its end, and the grant is taken before that', async (t) => {
  const { signIns, open, answer, happened } = prepare(t)
  assert.equal(signIns.findPage(user), undefined)
  const progress = open()
  const first = (await progress.next()).value as SignInProgress
  assert.ok(first.event === 'url')
  assert.equal(signIns.findPage(user), first.url)
  await fetchPage(first.url)
  void answer()
  assert.equal(((await progress.next()).value as SignInProgress).event, 'page_opened')
  assert.equal(((await progress.next()).value as SignInProgress).event, 'code_received')
  assert.deepEqual((await progress.next()).value, {
    event: 'completed',
    user,
    expires_at: '2026-01-01T00:00:00.000Z',
  })
  assert.deepEqual(happened, ['accepted'])
  assert.deepEqual(await eventsOf(progress), [])
  assert.equal(signIns.findPage(user), undefined)
})

test('a code that is refused ends it with the reason, in the log too', async (t) => {
  const refusal = new ProviderRejectedError('no such client', { hint: 'compare client_id' })
  const { open, answer, happened, warnings } = prepare(t, {
    'redeem-code': () => Promise.reject(refusal),
  })
  const progress = open()
  await progress.next()
  void answer()
  assert.equal(((await progress.next()).value as SignInProgress).event, 'code_received')
  assert.equal(await failureOf(progress), 'no such client')
  assert.deepEqual(happened, ['sign_in.failed'])
  assert.deepEqual([warnings[0]?.user, warnings[0]?.code], [user, 'provider_rejected'])
})

test('a newer sign-in of the account ends the older one, and stays open', async (t) => {
  const { signIns, open } = prepare(t)
  const older = open()
  await older.next()
  const newer = open()
  const first = (await newer.next()).value as SignInProgress
  assertSentence(
    await failureOf(older),
    'a newer sign-in of the account ends the older one, and stays open',
    { user },
  )
  assert.ok(first.event === 'url')
  assert.equal(signIns.findPage(user), first.url)
})

test('a sign-in that the end of the daemon ends says so', async (t) => {
  const { signIns, open } = prepare(t)
  const progress = open()
  await progress.next()
  signIns.cancelAll()
  assertSentence(await failureOf(progress), 'a sign-in that the end of the daemon ends says so', {
    user: 'user@example.com',
  })
})

test('whoever asked may give up, before and after the page is there', async (t) => {
  const { open } = prepare(t)
  assertSentence(
    await failureOf(open(AbortSignal.abort())),
    'whoever asked may give up, before and after the page is there',
    { user },
  )
  const asker = new AbortController()
  const progress = open(asker.signal)
  await progress.next()
  asker.abort()
  assertSentence(
    await failureOf(progress),
    'whoever asked may give up, before and after the page is there (2)',
    { user },
  )
})

test('a person who has done their part is not left without a grant because somebody gave up', async (t) => {
  const { open, answer, happened } = prepare(t)
  const asker = new AbortController()
  const progress = open(asker.signal)
  await progress.next()
  void answer()
  assert.equal(((await progress.next()).value as SignInProgress).event, 'code_received')
  asker.abort()
  assert.deepEqual(await eventsOf(progress), ['completed'])
  assert.deepEqual(happened, ['accepted'])
})

test('a device code is told, and its person may be at it after whoever asked has gone', async (t) => {
  const verification = {
    deviceCode: 'device',
    userCode: 'ABCD',
    verificationUri: 'https://issuer.example/device',
    expiresAt: Date.now() + 60_000,
    intervalMs: 1,
  }
  const { signIns, open } = prepare(t, {
    'start-device-authorization': () => Promise.resolve(verification),
    'poll-device-code': () => Promise.resolve(refreshed),
  })
  const asker = new AbortController()
  const progress = open(asker.signal, 'device')
  const first = (await progress.next()).value as SignInProgress
  assert.ok(first.event === 'user_code')
  assert.equal(first.user_code, 'ABCD')
  assert.equal(signIns.findPage(user), undefined)
  asker.abort()
  assert.deepEqual(await eventsOf(progress), ['completed'])
})

test('an address that nobody waits for is refused', (t) => {
  const { signIns } = prepare(t)
  assert.throws(
    () => signIns.redirect(account, 'http://127.0.0.1/?code=c'),
    expectedError('sign_in_failed', 'an address that nobody waits for is refused', { user }),
  )
})
