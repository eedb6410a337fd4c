import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Account } from '../../../src/accounts/account.ts'
import { SignInRequiredError, StoreLockedError, StoreUnreadableError } from '../../../src/errors.ts'
import { testAccount } from '../../support/accounts.ts'
import { expectedError } from '../../support/golden.ts'
import {
  account,
  gate,
  grant,
  now,
  prepareJobs,
  redemption,
  renewal,
  throwsCode,
  tokens,
} from '../../support/jobs.ts'
import { tokenOf } from '../../support/token-of.ts'

const { user } = account

describe('a refresh', () => {
  test('gives the access token and its end, and never the refresh token', async () => {
    const { runner } = prepareJobs({ grants: [grant()] })
    assert.deepEqual(await runner.run('refresh', { account }), {
      accessToken: 'access',
      fingerprint: 'a0561fd649cd',
      expiresAt: now + 3_600_000,
      scopes: ['mail'],
      signedInAt: 1,
      isDurable: true,
      identity: user,
    })
  })

  test('seals the rotated grant before it answers, with the time of the sign-in kept', async () => {
    const sealing = gate()
    const { runner, happened, grants } = prepareJobs({
      grants: [grant()],
      store: {
        save: async (saved) => {
          await sealing.passed
          happened.push('sealed')
          grants.set(saved.user, saved)
          return { isDurable: true }
        },
      },
    })
    const answered = runner.run('refresh', { account }).then(() => happened.push('answered'))
    sealing.open()
    await answered
    assert.deepEqual(happened, ['open', 'refresh with stored', 'sealed', 'answered'])
    const sealed = grants.get(user)
    assert.equal(sealed?.renewal.refreshToken.reveal(), 'rotated')
    assert.equal(sealed.issuer, account.issuer)
    assert.equal(sealed.signedInAt, 1)
    assert.equal(sealed.refreshedAt, now)
  })

  test('tells when the disk refused the record, and when the provider ends the sign-in', async () => {
    const { runner } = prepareJobs({
      grants: [grant()],
      provider: { refresh: () => Promise.resolve(tokens({ renewalExpiresAt: now + 1 })) },
      store: { save: () => Promise.resolve({ isDurable: false }) },
    })
    const { isDurable, renewalExpiresAt } = await tokenOf(runner.run('refresh', { account }))
    assert.deepEqual(
      { isDurable, renewalExpiresAt },
      { isDurable: false, renewalExpiresAt: now + 1 },
    )
  })

  test('without a sign-in asks for one', async () => {
    const { runner } = prepareJobs()
    await assert.rejects(
      runner.run('refresh', { account }),
      expectedError('sign_in_required', 'a refresh without a sign-in', { user }),
    )
  })

  for (const [another, issued, names] of [
    ['provider', { provider: 'gmail' }, { before: 'gmail', now: 'oidc' }],
    [
      'issuer',
      { issuer: 'https://old.example' },
      { before: 'https://old.example', now: 'https://issuer.example' },
    ],
  ] as const) {
    test(`never shows a refresh token to another ${another} than the one that issued it`, async () => {
      const { runner, happened } = prepareJobs({ grants: [grant(issued)] })
      await assert.rejects(
        runner.run('refresh', { account }),
        expectedError('sign_in_required', `a sign-in at another ${another}`, { user, ...names }),
      )
      assert.deepEqual(happened, ['open'])
    })
  }

  test('of a sign-in whose issuer an earlier version did not seal is asked of the same application', async () => {
    const { issuer: _, ...older } = grant()
    const { runner, grants, happened } = prepareJobs({ grants: [older] })
    await runner.run('refresh', { account })
    assert.deepEqual(happened, ['open', 'refresh with stored', 'save rotated'])
    assert.equal(grants.get(user)?.issuer, account.issuer)
    const others = prepareJobs({ grants: [{ ...older, clientId: 'old-app' }] })
    await assert.rejects(
      others.runner.run('refresh', { account: { ...account, clientId: 'new-app' } }),
      expectedError('sign_in_required', 'a sign-in of another client_id', {
        user,
        before: 'old-app',
        now: 'new-app',
      }),
    )
    assert.deepEqual(others.happened, ['open'])
  })

  test('that the provider does not answer ends at the deadline, though a library forgets it', async () => {
    const { runner } = prepareJobs({
      grants: [grant()],
      provider: { refresh: () => new Promise(() => {}) },
      deadlineMs: 10,
    })
    // The deadline alone does not keep a process alive; in the renewer its channel does.
    const alive = setTimeout(() => {}, 60_000)
    await assert.rejects(
      runner.run('refresh', { account }),
      expectedError('provider_unavailable', 'the deadline of a refresh', { user, limit: '0.01 s' }),
    )
    clearTimeout(alive)
  })

  test('of a damaged record fails as the store says, and the record stays', async () => {
    const { runner, happened } = prepareJobs({
      store: { read: () => Promise.reject(new StoreUnreadableError('the record is damaged')) },
    })
    await assert.rejects(
      runner.run('refresh', { account }),
      throwsCode('store_unreadable', /the record is damaged/, /^$/),
    )
    assert.deepEqual(happened, ['open'])
  })
})

describe('the jobs of one account', () => {
  test('run one after the other: a sign-in that came later is sealed last', async () => {
    const answer = gate()
    const { runner, happened, grants } = prepareJobs({
      grants: [grant()],
      provider: {
        refresh: () => answer.passed.then(() => tokens({ renewal: renewal('of the refresh') })),
        redeemCode: () => {
          happened.push('redeem')
          return Promise.resolve(tokens({ renewal: renewal('of the code') }))
        },
      },
    })
    const refreshed = runner.run('refresh', { account })
    const redeemed = runner.run('redeem-code', redemption)
    answer.open()
    await Promise.all([refreshed, redeemed])
    assert.deepEqual(happened, ['open', 'save of the refresh', 'redeem', 'save of the code'])
    assert.equal(grants.get(user)?.signedInAt, now)
  })

  test('go on after one that failed', async () => {
    let calls = 0
    const { runner } = prepareJobs({
      grants: [grant()],
      provider: {
        refresh: () => {
          calls++
          if (calls > 1) return Promise.resolve(tokens())
          return Promise.reject(new SignInRequiredError('ended'))
        },
      },
    })
    const first = runner.run('refresh', { account })
    await assert.rejects(first, throwsCode('sign_in_required', /^ended$/, /^$/))
    assert.equal((await tokenOf(runner.run('refresh', { account }))).accessToken, 'access')
  })

  test('do not hold up those of another, nor the start of a sign-in', async () => {
    const other = testAccount({ user: 'other@example.com' })
    const { runner } = prepareJobs({
      grants: [grant(), grant({ user: other.user })],
      provider: {
        refresh: ({ user: whose }: Account) =>
          whose === user ? new Promise(() => {}) : Promise.resolve(tokens()),
      },
    })
    void runner.run('refresh', { account })
    assert.equal((await tokenOf(runner.run('refresh', { account: other }))).accessToken, 'access')
    const request = {
      redirectUri: 'http://127.0.0.1:1/',
      state: 's',
      nonce: 'n',
      codeChallenge: 'c',
    }
    const { url } = await runner.run('start-authorization', { account, ...request })
    assert.equal(url, 'https://issuer.example/auth')
  })

  test('are finished and sealed before the store closes', async () => {
    const answer = gate()
    const { runner, happened } = prepareJobs({
      grants: [grant()],
      provider: { refresh: () => answer.passed.then(() => tokens()) },
    })
    void runner.run('refresh', { account })
    const closed = runner.close()
    answer.open()
    await closed
    assert.deepEqual(happened, ['open', 'save rotated', 'close'])
  })
})

test('the store is opened once, and again after it could not be opened', async () => {
  let tries = 0
  const { runner, happened } = prepareJobs({
    openStore: () => {
      tries++
      return tries > 1 ? Promise.resolve() : Promise.reject(new StoreLockedError('another host'))
    },
  })
  await assert.rejects(
    runner.run('open-store', { accounts: [account] }),
    throwsCode('store_locked', /another host/, /^$/),
  )
  assert.deepEqual(await runner.run('open-store', { accounts: [account] }), {
    records: [],
    others: [],
  })
  await runner.run('open-store', { accounts: [account] })
  assert.deepEqual(happened, ['open'])
})
