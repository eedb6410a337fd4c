/** Accounts that need no sign-in, and accounts that use that of another one. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ProviderRejectedError, SignInRequiredError } from '../../src/errors.ts'
import { Secret } from '../../src/logging/secret.ts'
import { testAccount } from '../support/accounts.ts'
import { expectedError } from '../support/golden.ts'
import { appToken, gate, grant, now, prepareJobs, throwsCode, tokens } from '../support/jobs.ts'
import { tokenOf } from '../support/token-of.ts'

const appOnly = testAccount({ grant: 'client_credentials' })
const owner = testAccount()
const shared = testAccount({ user: 'shared@example.com', signInWith: owner.user })

describe('a grant without a sign-in', () => {
  test('fetches a token by its own credentials and seals nothing', async () => {
    const { runner, happened } = prepareJobs()
    const refreshed = await runner.run('refresh', { account: appOnly })
    assert.deepEqual(refreshed, {
      accessToken: 'app-access',
      fingerprint: 'c9599bf69c22',
      expiresAt: now + 3_600_000,
      scopes: ['mail'],
      isDurable: true,
    })
    assert.deepEqual(happened, [`app token of ${appOnly.user}`])
  })

  test('needs no store, even one that cannot be opened', async () => {
    const { runner } = prepareJobs({ openStore: () => Promise.reject(new Error('no store')) })
    assert.equal((await tokenOf(runner.run('refresh', { account: appOnly }))).isDurable, true)
  })

  test('is refused in the words of the provider', async () => {
    const refusal = new ProviderRejectedError('the client secret is wrong', { hint: 'its value' })
    const { runner } = prepareJobs({
      provider: { fetchAppToken: () => Promise.reject(refusal) },
    })
    await assert.rejects(
      runner.run('refresh', { account: appOnly }),
      throwsCode('provider_rejected', /the client secret is wrong/, /its value/),
    )
  })

  test('ends at the deadline, whatever the library does', async () => {
    const { runner } = prepareJobs({
      provider: { fetchAppToken: () => new Promise(() => {}) },
      deadlineMs: 20,
    })
    // The deadline alone does not keep a process alive; in the renewer its channel does.
    const alive = setTimeout(() => {}, 60_000)
    await assert.rejects(
      runner.run('refresh', { account: appOnly }),
      expectedError('provider_unavailable', 'the deadline', {
        user: appOnly.user,
        limit: '0.02 s',
      }),
    )
    clearTimeout(alive)
  })
})

describe('a shared sign-in', () => {
  test('is refreshed with the scopes of who asks; what rotates is sealed as the owner’s', async () => {
    const asked: string[] = []
    const { runner, happened, grants } = prepareJobs({
      grants: [grant({ identity: owner.user, scopes: ['all'] })],
      provider: {
        refresh: (account, { refreshToken }) => {
          asked.push(`${account.user} with ${refreshToken.reveal()}`)
          return Promise.resolve(tokens({ identities: [], scopes: ['shared mail'] }))
        },
      },
    })
    const refreshed = await tokenOf(runner.run('refresh', { account: shared }))
    assert.deepEqual(asked, ['shared@example.com with stored'])
    assert.deepEqual([refreshed.scopes, refreshed.signedInAt], [['shared mail'], 1])
    assert.deepEqual(happened, ['open', 'save rotated'])
    assert.deepEqual([...grants.keys()], [owner.user])
    const kept = grants.get(owner.user)
    assert.deepEqual(
      [kept?.user, kept?.identity, kept?.scopes, kept?.signedInAt, kept?.refreshedAt],
      [owner.user, owner.user, ['all'], 1, now],
    )
  })

  test('is used by one account at a time, so that no rotated token is lost', async () => {
    const { passed, open } = gate()
    let underWay = 0
    const used: string[] = []
    const { runner } = prepareJobs({
      grants: [grant()],
      provider: {
        refresh: async (_account, { refreshToken }) => {
          assert.equal(++underWay, 1)
          used.push(refreshToken.reveal())
          await passed
          underWay--
          const next = new Secret(`${refreshToken.reveal()}+`)
          return tokens({ renewal: { kind: 'refresh_token', refreshToken: next } })
        },
      },
    })
    const both = [shared, owner].map((account) => runner.run('refresh', { account }))
    // One that is under way already is joined.
    both.push(runner.run('refresh', { account: shared }))
    open()
    await Promise.all(both)
    assert.deepEqual(used, ['stored', 'stored+'])
  })

  test('that nobody has made yet names the owner', async () => {
    const { runner } = prepareJobs()
    await assert.rejects(
      runner.run('refresh', { account: shared }),
      expectedError('sign_in_required', 'a shared sign-in that nobody has made', {
        user: owner.user,
      }),
    )
  })

  test('that the provider ended stays in the store', async () => {
    const refusal = new SignInRequiredError('revoked', { hint: 'sign in' })
    const { runner, grants } = prepareJobs({
      grants: [grant()],
      provider: { refresh: () => Promise.reject(refusal) },
    })
    await assert.rejects(
      runner.run('refresh', { account: shared }),
      throwsCode('sign_in_required', /revoked/, /./),
    )
    assert.equal(grants.has(owner.user), true)
  })
})

test('a token of the application may be given other scopes than asked for', async () => {
  const { runner } = prepareJobs({
    provider: { fetchAppToken: () => Promise.resolve(appToken({ scopes: ['less'] })) },
  })
  assert.deepEqual((await tokenOf(runner.run('refresh', { account: appOnly }))).scopes, ['less'])
})
