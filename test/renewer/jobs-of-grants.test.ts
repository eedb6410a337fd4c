/** What begins and ends a grant: a code, an import, forgetting. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type CmsOauthError,
  ProviderUnavailableError,
  SignInRequiredError,
} from '../../src/errors.ts'
import type { TokenSet } from '../../src/renewer/providers/issued-token.ts'
import { testAccount } from '../support/accounts.ts'
import { expectedError } from '../support/golden.ts'
import {
  account,
  grant,
  now,
  prepareJobs,
  redemption,
  throwsCode,
  tokens,
} from '../support/jobs.ts'

const { user } = account

function redeem(changes: Partial<TokenSet>, who = account) {
  const prepared = prepareJobs({ provider: { redeemCode: () => Promise.resolve(tokens(changes)) } })
  return {
    ...prepared,
    redeemed: prepared.runner.run('redeem-code', { ...redemption, account: who }),
  }
}

describe('a code', () => {
  test('of somebody else is refused by name, and not sealed as the account’s', async () => {
    const { redeemed, grants, unconfirmed } = redeem({ identities: ['other@example.com'] })
    await assert.rejects(
      redeemed,
      expectedError('sign_in_failed', 'a sign-in of somebody else', {
        user,
        who: 'other@example.com',
      }),
    )
    assert.equal(grants.size, 0)
    assert.equal(unconfirmed.size, 0)
  })

  test('that allows nothing of mail is refused by what is missing; a part of it is taken', async () => {
    const { redeemed, grants } = redeem({ scopes: ['openid'] })
    await assert.rejects(
      redeemed,
      expectedError('sign_in_failed', 'a sign-in that allows nothing of mail', {
        user,
        scope: '"mail"',
      }),
    )
    assert.equal(grants.size, 0)
    const both = testAccount({ scopes: ['mail', 'calendar'] })
    assert.deepEqual((await redeem({ scopes: ['mail'] }, both).redeemed).scopes, ['mail'])
    assert.deepEqual((await redeem({ scopes: ['urn:mailbox'] }).redeemed).scopes, ['urn:mailbox'])
  })

  test('is accepted when any of the addresses is the wanted one, in whatever case', async () => {
    const { redeemed, happened } = redeem({ identities: ['x@example.com', 'USER@Example.com'] })
    assert.equal((await redeemed).signedInAt, now)
    assert.deepEqual(happened, ['open', 'save rotated'])
  })

  test('without any address is accepted, and the answer tells none', async () => {
    assert.equal('identity' in (await redeem({ identities: [] }).redeemed), false)
  })

  test('is compared with the login_hint of a shared mailbox', async () => {
    const shared = testAccount({ loginHint: 'delegate@example.com' })
    await redeem({ identities: ['delegate@example.com'] }, shared).redeemed
    await assert.rejects(
      redeem({ identities: [user] }, shared).redeemed,
      throwsCode('sign_in_failed', /not as "delegate@example\.com"/),
    )
  })

  test('that the provider refuses is a failed sign-in, not one that has ended', async () => {
    const refusal = new SignInRequiredError('invalid_grant', { answer: { error: 'invalid_grant' } })
    const { runner } = prepareJobs({ provider: { redeemCode: () => Promise.reject(refusal) } })
    await assert.rejects(runner.run('redeem-code', redemption), (error: CmsOauthError) => {
      assert.deepEqual('answer' in error && error.answer, { error: 'invalid_grant' })
      return throwsCode('sign_in_failed', /invalid_grant/, /^$/)(error)
    })
  })
})

describe('an import', () => {
  test('is stored after one successful refresh', async () => {
    const { runner, happened } = prepareJobs()
    const { signedInAt } = await runner.run('import', { account, refreshToken: 'foreign' })
    assert.equal(signedInAt, now)
    assert.deepEqual(happened, ['open', 'refresh with foreign', 'save rotated'])
  })

  test('of another person’s token is refused, and the old grant stays', async () => {
    const { runner, grants } = prepareJobs({
      grants: [grant()],
      provider: { refresh: () => Promise.resolve(tokens({ identities: ['x@example.com'] })) },
    })
    await assert.rejects(
      runner.run('import', { account, refreshToken: 'foreign' }),
      expectedError('sign_in_failed', 'an import of somebody else', { user, who: 'x@example.com' }),
    )
    assert.equal(grants.get(user)?.renewal.refreshToken.reveal(), 'stored')
  })
})

describe('forgetting', () => {
  test('removes the record and tells the provider nothing', async () => {
    const { runner, happened } = prepareJobs({ grants: [grant()] })
    assert.deepEqual(await runner.run('forget', { user, account, revoke: false }), {
      wasRevoked: false,
    })
    assert.deepEqual(happened, ['open', `remove ${user}`])
  })

  test('with revocation tells the provider first', async () => {
    const { runner, happened } = prepareJobs({ grants: [grant()] })
    assert.deepEqual(await runner.run('forget', { user, account, revoke: true }), {
      wasRevoked: true,
    })
    assert.deepEqual(happened, ['open', 'revoke stored', `remove ${user}`])
  })

  test('tells no other provider or issuer than the one that issued it', async () => {
    for (const issued of [{ provider: 'gmail' }, { issuer: 'https://old.example' }]) {
      const { runner, happened } = prepareJobs({ grants: [grant(issued)] })
      await runner.run('forget', { user, account, revoke: true })
      assert.deepEqual(happened, ['open', `remove ${user}`])
    }
  })

  test('keeps the record when the provider could not be told', async () => {
    const { runner, grants } = prepareJobs({
      grants: [grant()],
      provider: { revoke: () => Promise.reject(new ProviderUnavailableError('later')) },
    })
    await assert.rejects(
      runner.run('forget', { user, account, revoke: true }),
      throwsCode('provider_unavailable', /later/, /^$/),
    )
    assert.equal(grants.has(user), true)
  })
})
