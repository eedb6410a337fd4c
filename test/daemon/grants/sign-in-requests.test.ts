import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignInRequests } from '../../../src/daemon/grants/sign-in-requests.ts'
import { ProgressQueue } from '../../../src/daemon/grants/progress-queue.ts'
import { AccountUnknownError } from '../../../src/errors.ts'
import type { SignInProgress } from '../../../src/messages/control-api.ts'

const user = 'user@example.com'
const url: SignInProgress = { event: 'url', url: 'http://localhost:1/page' }
const code: SignInProgress = {
  event: 'user_code',
  user_code: 'ABCD',
  verification_uri: 'https://issuer.example/device',
  expires_at: '2026-01-01T00:00:00.000Z',
}

const unexpected = () => assert.fail('a page that nobody asked for')
const invitations = { open: unexpected, retryUrl: unexpected }

function setUp(findPage: () => string | undefined = () => undefined) {
  const opened: ProgressQueue<SignInProgress>[] = []
  const obtain = () => {
    const queue = new ProgressQueue<SignInProgress>()
    opened.push(queue)
    return queue
  }
  const signIns = new SignInRequests({ grants: { findPage, obtain }, invitations })
  const begin = () => signIns.begin(user)
  return { opened, begin }
}

const rows: [line: SignInProgress, begun: object | string][] = [
  [url, { pageUrl: 'http://localhost:1/page' }],
  [
    code,
    {
      code: {
        userCode: 'ABCD',
        verificationUri: 'https://issuer.example/device',
        expiresAt: Date.UTC(2026, 0, 1),
      },
    },
  ],
  [{ event: 'completed', user, expires_at: '2026-01-01T00:00:00.000Z' }, 'not needed'],
]

for (const [line, begun] of rows) {
  test(`a sign-in that goes on with "${line.event}"`, async () => {
    const { opened, begin } = setUp()
    const beginning = begin()
    opened[0]?.push({ event: 'sign_in_of', user: 'owner@example.com' })
    opened[0]?.push(line)
    assert.deepEqual(await beginning, begun)
  })
}

test('a second click takes up the sign-in that runs; after its end a third begins one', async () => {
  const { opened, begin } = setUp()
  const clicks = [begin(), begin()]
  opened[0]?.push(code)
  const [first, second] = await Promise.all(clicks)
  assert.equal(second, first)
  opened[0]?.end()
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
  void begin()
  assert.equal(opened.length, 2)
})

test('the page of a sign-in that is open already is taken', async () => {
  const { opened, begin } = setUp(() => 'http://localhost:2/open')
  assert.deepEqual(await begin(), { pageUrl: 'http://localhost:2/open' })
  assert.equal(opened.length, 0)
})

test('why a sign-in cannot begin is told', async () => {
  const { opened, begin } = setUp()
  const beginning = begin()
  const wire = { error: 'provider_unavailable', error_description: 'no route', hint: '' } as const
  opened[0]?.push({ event: 'failed', error: wire })
  const begun = await beginning
  assert.ok(typeof begun === 'object' && 'error' in begun)
  assert.deepEqual([begun.error.code, begun.error.message], ['provider_unavailable', 'no route'])
})

test('an account that is no longer there is told too', async () => {
  const error = new AccountUnknownError('no account')
  const signIns = new SignInRequests({
    grants: {
      findPage: () => undefined,
      obtain: () => ({
        [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }),
      }),
    },
    invitations,
  })
  assert.deepEqual(await signIns.begin(user), { error })
})
