/** A device code's jobs: its start, its polls, and an import, which is refused in the same words. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SignInFailedError, SignInRequiredError } from '../../src/errors.ts'
import { Secret } from '../../src/logging/secret.ts'
import type { DeviceFlow } from '../../src/renewer/providers/device-flow.ts'
import { expectedError } from '../support/golden.ts'
import { account, gate, now, prepareJobs, throwsCode, tokens } from '../support/jobs.ts'

const { user } = account

const started = {
  userCode: 'ABCD-EFGH',
  verificationUri: 'https://issuer.example/device',
  expiresAt: now + 900_000,
  intervalMs: 5_000,
}
const parameters = { account, deviceCode: 'the-device-code' }

function prepare(poll: DeviceFlow['poll'], options: { deadlineMs?: number } = {}) {
  const deviceFlow: DeviceFlow = {
    start: async () => ({ ...started, deviceCode: new Secret('the-device-code') }),
    poll,
  }
  return prepareJobs({ provider: { deviceFlow }, ...options })
}

test('a start gives the code and what a person needs, without the store', async () => {
  const { runner, happened } = prepare(() => assert.fail())
  const result = await runner.run('start-device-authorization', { account })
  assert.deepEqual(result, { ...started, deviceCode: 'the-device-code' })
  assert.deepEqual(happened, [])
})

describe('a poll', () => {
  test('that comes too early says so, and nothing is sealed', async () => {
    const { runner, happened } = prepare(async () => 'slow_down')
    assert.deepEqual(await runner.run('poll-device-code', parameters), { later: 'slow_down' })
    assert.deepEqual(happened, ['open'])
  })

  test('that brings tokens seals them before it answers', async () => {
    const codes: string[] = []
    const { runner, happened } = prepare(async (_account, code) => {
      codes.push(code.reveal())
      return tokens()
    })
    const result = await runner.run('poll-device-code', parameters)
    assert.deepEqual(codes, ['the-device-code'])
    assert.deepEqual(happened, ['open', 'save rotated'])
    assert.equal('accessToken' in result && result.accessToken, 'access')
    assert.equal('isDurable' in result && result.isDurable, true)
    assert.equal('signedInAt' in result && result.signedInAt, now)
  })

  test('by somebody else is refused by name, and not sealed as the account’s', async () => {
    const { runner, grants, unconfirmed } = prepare(async () =>
      tokens({ identities: ['x@example.com'] }),
    )
    await assert.rejects(
      runner.run('poll-device-code', parameters),
      expectedError('sign_in_failed', 'a sign-in of somebody else', { user, who: 'x@example.com' }),
    )
    assert.equal(grants.size, 0)
    assert.equal(unconfirmed.size, 0)
  })

  test('whose code is worth nothing does not end the sign-in', async () => {
    const { runner } = prepare(() => Promise.reject(new SignInRequiredError('gone', { hint: 'x' })))
    await assert.rejects(
      runner.run('poll-device-code', parameters),
      throwsCode('sign_in_failed', /^gone$/),
    )
  })

  test('whose request has left is waited for to its end: a used code is worth nothing', async () => {
    const { passed, open } = gate()
    let polls = 0
    const { runner, happened } = prepare(
      async (_account, _code, { maySend }) => {
        polls++
        maySend()
        await passed
        return tokens()
      },
      { deadlineMs: 20 },
    )
    const polled = runner.run('poll-device-code', parameters, open)
    assert.ok('accessToken' in (await polled))
    assert.equal(polls, 1)
    await runner.close()
    assert.deepEqual(happened, ['open', 'save rotated', 'close'])
  })

  test('whose request has not left is answered in time', async () => {
    const { runner } = prepare(
      (_account, _code, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new SignInFailedError('too late')))
        }),
      { deadlineMs: 20 },
    )
    await assert.rejects(
      runner.run('poll-device-code', parameters, () => assert.fail()),
      expectedError('provider_unavailable', 'the deadline of a poll', { user, limit: '0.02 s' }),
    )
  })

  test('after which the person has said no fails as it is', async () => {
    const denied = new SignInFailedError('denied', { hint: 'x' })
    const { runner } = prepare(() => Promise.reject(denied))
    await assert.rejects(runner.run('poll-device-code', parameters), denied)
  })
})

test('an imported token that the provider refuses does not end the sign-in either', async () => {
  const ended = new SignInRequiredError('invalid_grant', { hint: 'x' })
  const { runner, happened } = prepareJobs({ provider: { refresh: () => Promise.reject(ended) } })
  await assert.rejects(
    runner.run('import', { account, refreshToken: 'foreign' }),
    expectedError('sign_in_failed', 'a refresh token that is refused', { said: 'invalid_grant' }),
  )
  assert.deepEqual(happened, ['open'])
})
