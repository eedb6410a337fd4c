/** What a provider rotated and then spoilt: it is sealed, and taken up by whatever comes next. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  ProviderProtocolError,
  ProviderRejectedError,
  ProviderUnavailableError,
  SignInRequiredError,
} from '../../src/errors.ts'
import { Secret } from '../../src/logging/secret.ts'
import type { TokenSet } from '../../src/renewer/providers/issued-token.ts'
import type { Provider } from '../../src/renewer/providers/provider.ts'
import { testAccount } from '../support/accounts.ts'
import { expectedError } from '../support/golden.ts'
import {
  account,
  grant,
  now,
  prepareJobs,
  redemption,
  renewal,
  throwsCode,
  tokens,
} from '../support/jobs.ts'
import { tokenOf } from '../support/token-of.ts'

const { user } = account
const odd = new ProviderProtocolError('odd')

/** Rotates at the first refresh and spoils the answer; the next one is good. */
function rotatesAndFails(failure: Error = odd): Provider['refresh'] {
  let calls = 0
  return async (_account, { refreshToken }, { keep }) => {
    const rotated = `${refreshToken.reveal()}+`
    await keep(new Secret(rotated))
    if (++calls === 1) throw failure
    return tokens({ renewal: renewal(rotated) })
  }
}

/** A code that is redeemed with an odd answer. */
const spoiltCode: Provider['redeemCode'] = async (_account, _redemption, { keep }) => {
  await keep(new Secret('new'))
  throw odd
}

/** Jobs whose newer sign-in is answered when the test says so, and whose older one at once. */
function prepareHanging(older: () => Promise<TokenSet> = () => Promise.resolve(tokens())) {
  const presented: string[] = []
  const answers: { resolve: (tokens: TokenSet) => void; reject: (error: Error) => void }[] = []
  const jobs = prepareJobs({
    deadlineMs: 400,
    grants: [grant()],
    unconfirmed: [grant({ renewal: renewal('new'), signedInAt: now })],
    provider: {
      refresh: (_account, { refreshToken }, { maySend }) => {
        presented.push(refreshToken.reveal())
        maySend()
        if (refreshToken.reveal() !== 'new') return older()
        return new Promise((resolve, reject) => answers.push({ resolve, reject }))
      },
    },
  })
  return { ...jobs, presented, answers }
}

test('a refresh seals what was rotated before the answer is judged, and goes on with it', async () => {
  const { runner, grants } = prepareJobs({
    grants: [grant()],
    provider: { refresh: rotatesAndFails() },
  })
  await assert.rejects(runner.run('refresh', { account }), odd)
  assert.deepEqual(grants.get(user), { ...grant(), renewal: renewal('stored+'), refreshedAt: now })
  await runner.run('refresh', { account })
  assert.equal(grants.get(user)?.renewal.refreshToken.reveal(), 'stored++')
})

test("a refresh with another subject's tokens is refused, and sealed", async () => {
  const claims = { subject: 'somebody', audience: [], identities: [] }
  const { runner, grants } = prepareJobs({
    grants: [grant({ subject: 'me' })],
    provider: {
      refresh: async (_account, _renewal, { keep }) => {
        await keep(new Secret('rotated'))
        return tokens({ idToken: { claims, answeredAt: now } })
      },
    },
  })
  await assert.rejects(
    runner.run('refresh', { account }),
    expectedError('provider_protocol', 'the tokens of somebody else', { user }),
  )
  assert.equal(grants.get(user)?.renewal.refreshToken.reveal(), 'rotated')
})

describe('a sign-in whose answer is odd', () => {
  test('is kept unconfirmed, told of, and taken up by the next refresh', async () => {
    const { runner, grants, unconfirmed, happened } = prepareJobs({
      provider: { redeemCode: spoiltCode },
    })
    await assert.rejects(runner.run('redeem-code', redemption), odd)
    assert.equal(unconfirmed.get(user)?.renewal.refreshToken.reveal(), 'new')
    assert.ok(happened.includes(`kept ${user}`))
    const { records } = await runner.run('open-store', { accounts: [account] })
    assert.deepEqual(records, [{ user, signedInAt: now, refreshedAt: 0 }])
    await runner.run('refresh', { account })
    assert.ok(happened.includes('refresh with new'))
    assert.equal(grants.get(user)?.renewal.refreshToken.reveal(), 'rotated')
    assert.equal(unconfirmed.size, 0)
  })

  test('gives way to the older one where nothing comes of it', async () => {
    const { runner, happened, unconfirmed } = prepareJobs({
      grants: [grant()],
      unconfirmed: [grant({ renewal: renewal('new'), signedInAt: now })],
      provider: {
        refresh: async (_account, { refreshToken }) => {
          happened.push(refreshToken.reveal())
          if (refreshToken.reveal() === 'new') throw new SignInRequiredError('ended')
          return tokens()
        },
      },
    })
    await runner.run('refresh', { account })
    assert.deepEqual(happened.slice(1, 3), ['new', 'stored'])
    assert.equal(unconfirmed.size, 0)
  })

  for (const [what, failure, expected] of [
    [
      'an outage',
      new ProviderUnavailableError('500', { isFateUnknown: true }),
      'provider_unavailable',
    ],
    ['an odd answer', odd, 'sign_in_required'],
    ['a refused client', new ProviderRejectedError('client'), 'sign_in_required'],
  ] as const) {
    test(`gives way to the older one in ${what}, and stays`, async () => {
      let isOlderDead = false
      const { runner, unconfirmed } = prepareJobs({
        grants: [grant()],
        unconfirmed: [grant({ renewal: renewal('new'), signedInAt: now })],
        provider: {
          refresh: async (_account, { refreshToken }) => {
            if (refreshToken.reveal() === 'new') throw failure
            if (isOlderDead) throw new SignInRequiredError('ended')
            return tokens()
          },
        },
      })
      await runner.run('refresh', { account })
      assert.equal(unconfirmed.size, 1)
      isOlderDead = true
      await assert.rejects(runner.run('refresh', { account }), { code: expected })
      assert.equal(unconfirmed.size, 1)
    })
  }

  describe('and whose own refresh may have been rotated unheard', () => {
    const lost = new ProviderUnavailableError('reset', { isFateUnknown: true })
    const olderAnswers = (older: () => Promise<TokenSet>) =>
      prepareJobs({
        grants: [grant()],
        unconfirmed: [grant({ renewal: renewal('new'), signedInAt: now })],
        provider: {
          refresh: (_account, { refreshToken }) =>
            refreshToken.reveal() === 'new' ? Promise.reject(lost) : older(),
        },
      })

    test('says so beside the token of the older one', async () => {
      const { runner } = olderAnswers(() => Promise.resolve(tokens()))
      const { accessToken, isNewerInDoubt } = await tokenOf(runner.run('refresh', { account }))
      assert.deepEqual([accessToken, isNewerInDoubt], ['access', true])
    })

    for (const [what, other] of Object.entries({
      unavailable: new ProviderUnavailableError('503'),
      refused: new SignInRequiredError('ended'),
      odd: new ProviderProtocolError('odd'),
      misconfigured: new ProviderRejectedError('client'),
    })) {
      test(`says so where the older one is ${what}`, async () => {
        const { runner } = olderAnswers(() => Promise.reject(other))
        await assert.rejects(runner.run('refresh', { account }), { isFateUnknown: true })
      })
    }
  })

  describe('and whose own refresh hangs', () => {
    test('does not keep the older one waiting, is presented once, and taken when it comes', async () => {
      const { runner, presented, answers, grants, unconfirmed, happened, exchanges } =
        prepareHanging()
      const first = await tokenOf(runner.run('refresh', { account }))
      assert.equal(first.isNewerInDoubt, undefined)
      await runner.run('refresh', { account })
      assert.deepEqual(presented, ['new', 'stored', 'rotated'])
      assert.equal(exchanges.at(-1), user)
      answers[0]?.resolve(tokens({ renewal: renewal('newer'), accessToken: new Secret('late') }))
      await runner.close()
      assert.ok(happened.includes(`late ${user} late`))
      assert.equal(grants.get(user)?.renewal.refreshToken.reveal(), 'newer')
      assert.equal(unconfirmed.size, 0)
      assert.equal(exchanges.at(-1), '')
    })

    test('is told of where nobody can know what became of it', async () => {
      const { runner, answers, happened, unconfirmed } = prepareHanging()
      await runner.run('refresh', { account })
      answers[0]?.reject(new ProviderUnavailableError('reset', { isFateUnknown: true }))
      await runner.close()
      assert.ok(happened.includes(`lost ${user}`))
      assert.equal(unconfirmed.size, 1)
    })

    test('may still work where the older one is refused', async () => {
      const { runner, answers } = prepareHanging(() =>
        Promise.reject(new SignInRequiredError('ended')),
      )
      await assert.rejects(
        runner.run('refresh', { account }),
        expectedError('provider_unavailable', 'a newer sign-in may still come', { user }),
      )
      answers[0]?.resolve(tokens())
      await runner.close()
    })

    test('is waited for where there is no other', async () => {
      const { runner, answers, grants } = prepareHanging()
      grants.clear()
      const refreshed = tokenOf(runner.run('refresh', { account }))
      while (answers.length === 0) await Promise.resolve()
      answers[0]?.resolve(tokens())
      assert.equal((await refreshed).accessToken, 'access')
    })

    test('is superseded by a person who signs in meanwhile', async () => {
      const { runner, answers, grants } = prepareHanging()
      await runner.run('refresh', { account })
      const signedIn = runner.run('redeem-code', redemption)
      await signedIn
      answers[0]?.resolve(tokens({ renewal: renewal('newer') }))
      await runner.close()
      assert.equal(grants.get(user)?.renewal.refreshToken.reveal(), 'rotated')
    })
  })

  test('is not abandoned for one refusal where there is no other', async () => {
    let calls = 0
    const { runner, grants } = prepareJobs({
      unconfirmed: [grant({ renewal: renewal('new') })],
      provider: {
        refresh: async () => {
          if (++calls === 1) throw new SignInRequiredError('ended', { hint: 'x' })
          return tokens()
        },
      },
    })
    await assert.rejects(
      runner.run('refresh', { account }),
      throwsCode('sign_in_required', /ended/),
    )
    await runner.run('refresh', { account })
    assert.equal(grants.size, 1)
  })

  test('and that turns out to be another person’s is never used', async () => {
    const { runner, grants } = prepareJobs({
      unconfirmed: [grant({ renewal: renewal('new') })],
      provider: { refresh: () => Promise.resolve(tokens({ identities: ['x@example.com'] })) },
    })
    const { records } = await runner.run('open-store', { accounts: [account] })
    assert.equal(records.length, 1)
    await assert.rejects(
      runner.run('refresh', { account }),
      expectedError('sign_in_failed', 'a kept grant of somebody else', {
        user,
        who: 'x@example.com',
      }),
    )
    assert.equal(grants.size, 0)
    assert.deepEqual((await runner.run('open-store', { accounts: [account] })).records, [])
    await assert.rejects(
      runner.run('refresh', { account }),
      expectedError('sign_in_required', 'nobody has signed in', { user }),
    )
  })

  test('is taken up once login_hint says that the other person is meant', async () => {
    const meant = testAccount({ loginHint: 'X@example.com' })
    const { runner, grants } = prepareJobs({
      unconfirmed: [grant({ renewal: renewal('new'), addresses: ['x@example.com'] })],
      provider: { refresh: () => Promise.resolve(tokens({ identities: ['x@example.com'] })) },
    })
    assert.equal((await runner.run('open-store', { accounts: [meant] })).records.length, 1)
    await runner.run('refresh', { account: meant })
    assert.equal(grants.get(user)?.identity, 'x@example.com')
  })
})

describe('an import', () => {
  test('that was rotated and refused goes on with what came, when it is tried again', async () => {
    const { runner, grants, happened } = prepareJobs({ provider: { refresh: rotatesAndFails() } })
    const again = () => runner.run('import', { account, refreshToken: 'foreign' })
    await assert.rejects(again(), odd)
    await again()
    assert.equal(grants.get(user)?.renewal.refreshToken.reveal(), 'foreign++')
    assert.ok(happened.includes('keep foreign+'))
  })

  test('of another token does not use it', async () => {
    const { runner, grants } = prepareJobs({ provider: { refresh: rotatesAndFails() } })
    await assert.rejects(runner.run('import', { account, refreshToken: 'foreign' }), odd)
    await runner.run('import', { account, refreshToken: 'another' })
    assert.equal(grants.get(user)?.renewal.refreshToken.reveal(), 'another+')
  })
})

test('what came is not sealed over a sign-in that was made, nor after a logout', async () => {
  for (const end of ['sign-in', 'logout'] as const) {
    let keepLate: (() => Promise<void>) | undefined
    const { runner, grants } = prepareJobs({
      grants: [grant()],
      deadlineMs: 400,
      exchangeLimitMs: 1_000,
      provider: {
        refresh: (_account, _renewal, { keep, maySend, signal }) => {
          maySend()
          keepLate = () => keep(new Secret('late'))
          return new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(odd))
          })
        },
        redeemCode: () => Promise.resolve(tokens({ renewal: renewal('signed in') })),
      },
    })
    await assert.rejects(
      runner.run('refresh', { account }),
      expectedError('provider_unavailable', 'the deadline of a refresh', { user, limit: '0.4 s' }),
    )
    if (end === 'sign-in') await runner.run('redeem-code', redemption)
    else await runner.run('forget', { user, account, revoke: false })
    await keepLate?.()
    const now = grants.get(user)?.renewal.refreshToken.reveal()
    assert.equal(now, end === 'sign-in' ? 'signed in' : undefined)
  }
})

test('an answer that comes after its job was answered is sealed and handed on', async () => {
  const waiting: ((done: void) => void)[] = []
  const { runner, happened, exchanges } = prepareJobs({
    grants: [grant()],
    deadlineMs: 20,
    provider: {
      refresh: async (_account, _renewal, { maySend }) => {
        maySend()
        await new Promise<void>((resolve) => waiting.push(resolve))
        return tokens()
      },
    },
  })
  await assert.rejects(runner.run('refresh', { account }), { code: 'provider_unavailable' })
  waiting[0]?.()
  await runner.close()
  assert.deepEqual(happened, ['open', 'save rotated', `late ${user} access`, 'close'])
  assert.deepEqual(exchanges, [user, ''])
})

test('a clock that was set back makes no newer record the older one', async () => {
  const ahead = now + 86_400_000
  const future = { signedInAt: ahead, refreshedAt: ahead }
  const { runner, grants, unconfirmed } = prepareJobs({ grants: [grant(future)] })
  await runner.run('refresh', { account })
  assert.deepEqual(grants.get(user)?.refreshedAt, ahead + 1)
  const { signedInAt = 0 } = await runner.run('redeem-code', redemption)
  assert.ok(signedInAt > ahead)
  assert.ok((grants.get(user)?.refreshedAt ?? 0) > ahead + 1)

  const spoilt = prepareJobs({
    grants: [grant(future)],
    provider: { redeemCode: spoiltCode, refresh: rotatesAndFails() },
  })
  await assert.rejects(spoilt.runner.run('redeem-code', redemption), odd)
  const kept = spoilt.unconfirmed.get(user)
  assert.ok((kept?.signedInAt ?? 0) > ahead)
  await spoilt.runner.run('refresh', { account }).catch(() => {})
  const rotated = spoilt.unconfirmed.get(user)
  assert.equal(rotated?.renewal.refreshToken.reveal(), 'new+')
  assert.ok((rotated?.refreshedAt ?? 0) > (kept?.refreshedAt ?? Infinity))
  assert.equal(unconfirmed.size, 0)
})
