/** Who has tokens by whose sign-in: taken up, signed in, imported, forgotten. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Account } from '../../../src/accounts/account.ts'
import { keepsGrant } from '../../../src/accounts/keeps-grant.ts'
import { ProviderRejectedError, ProviderUnavailableError } from '../../../src/errors.ts'
import type { SignInProgress } from '../../../src/messages/control-api.ts'
import type { FreshToken } from '../../../src/messages/renewer-jobs.ts'
import { testAccount } from '../../support/accounts.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { refreshedToken } from '../../support/refreshed.ts'
import { expectedError } from '../../support/golden.ts'
import { accounts, app, other, owner, prepareGrants, shared } from './grants-world.ts'

const signal = new AbortController().signal
const request = { signal, retryUrl: () => Promise.resolve(undefined) }

function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

async function all(progress: AsyncIterable<SignInProgress>): Promise<SignInProgress[]> {
  const lines: SignInProgress[] = []
  for await (const line of progress) lines.push(line)
  return lines
}

test('those without a sign-in begin at once, the others by the record of whoever signs in', async (t) => {
  const { grants, keeper, states } = prepareGrants(t)
  grants.takeUp(accounts, [{ user: owner.user, signedInAt: 7, refreshedAt: 8 }])
  await settled()
  const expected = { shared: 'active', owner: 'active', other: 'signed_out', app: 'active' }
  assert.deepEqual(states(), expected)
  assert.equal(keeper.get(shared.user).history.signedInAt, 7)
  assert.equal(keeper.get(app.user).history.signedInAt, undefined)
})

test('a sign-in of an account that shares one is the owner’s, and serves both', async (t) => {
  const { grants, happened, states } = prepareGrants(t)
  const lines = await all(grants.obtain(shared.user, { ...request, method: 'device' }))
  await settled()
  assert.deepEqual(lines, [
    { event: 'sign_in_of', user: owner.user },
    { event: 'completed', user: owner.user, expires_at: 'soon' },
  ])
  assert.deepEqual(happened, [
    'owner@example.com sign_in.opened',
    'owner@example.com signs in by device',
    'owner@example.com token.refreshed',
    'shared@example.com token.refreshed',
    'owner@example.com sign_in.closed',
  ])
  const expected = { shared: 'active', owner: 'active', other: 'signed_out', app: 'signed_out' }
  assert.deepEqual(states(), expected)
})

const page: SignInProgress = { event: 'url', url: 'http://localhost:1/' }
const endings: Record<string, (accept: () => void) => AsyncIterable<SignInProgress>> = {
  'it completes': async function* (accept) {
    yield page
    accept()
  },
  'it fails': async function* () {
    yield page
    yield { event: 'failed', error: { error: 'sign_in_failed', error_description: '', hint: '' } }
  },
  'it throws': async function* () {
    yield page
    throw new ProviderUnavailableError('no route')
  },
  'it fails before its first line': async function* () {
    yield* []
    throw new ProviderUnavailableError('no route')
  },
  'nobody reads it any more': async function* () {
    for (;;) yield page
  },
}

for (const [how, outcome] of Object.entries(endings)) {
  test(`a sign-in is open until ${how}`, async (t) => {
    const { grants, keeper, happened } = prepareGrants(t, { outcome })
    const { isSigningIn: before } = keeper.get(owner.user)
    let during: boolean | undefined
    try {
      for await (const _ of grants.obtain(owner.user, request)) {
        if (during !== undefined) break
        during = keeper.get(owner.user).isSigningIn
      }
    } catch (error) {
      assert.ok(error instanceof ProviderUnavailableError)
    }
    assert.notEqual(during, false)
    assert.deepEqual([before, keeper.get(owner.user).isSigningIn], [false, false])
    const told = happened.filter((line) => line.includes('sign_in.'))
    assert.deepEqual(told, ['owner@example.com sign_in.opened', 'owner@example.com sign_in.closed'])
  })
}

test('an address that is pasted for one that shares a sign-in is the owner’s', (t) => {
  const { grants, happened } = prepareGrants(t)
  grants.redirect(shared.user, 'http://localhost/?code=c')
  assert.deepEqual(happened, ['owner@example.com went to http://localhost/?code=c'])
})

test('a sign-in where none is needed fetches a token, or says why there is none', async (t) => {
  const { grants, keeper } = prepareGrants(t)
  grants.takeUp([app], [])
  const [line, ...more] = await all(grants.obtain(app.user, request))
  const expiresAt = new Date(keeper.get(app.user).servable?.expiresAt ?? 0).toISOString()
  assert.deepEqual(line, {
    event: 'completed',
    user: app.user,
    expires_at: expiresAt,
    grant: 'client_credentials',
  })
  assert.deepEqual(more, [])
  const refusal = new ProviderRejectedError('the client secret is wrong')
  const refused = prepareGrants(t, { refresh: () => Promise.reject(refusal) })
  refused.grants.takeUp([app], [])
  await assert.rejects(all(refused.grants.obtain(app.user, request)), {
    code: 'provider_rejected',
    message: 'the client secret is wrong',
  })
})

test('a logout is for all who use the sign-in', async (t) => {
  const { grants, happened, states } = prepareGrants(t)
  grants.takeUp(accounts, [
    { user: owner.user, signedInAt: 7, refreshedAt: 8 },
    { user: other.user, signedInAt: 7, refreshedAt: 8 },
  ])
  await settled()
  happened.length = 0
  assert.deepEqual(await grants.forget(owner.user, true), { was_revoked: false })
  assert.deepEqual(happened, [
    'owner@example.com canceled',
    'forget owner@example.com',
    'owner@example.com token.forgotten',
    'shared@example.com token.forgotten',
  ])
  const expected = { shared: 'signed_out', owner: 'signed_out', other: 'active', app: 'active' }
  assert.deepEqual(states(), expected)
})

test('what has no sign-in of its own has nothing to forget or import', async (t) => {
  const { grants, happened } = prepareGrants(t)
  for (const command of ['import', 'logout'] as const) {
    const act = (user: string) =>
      command === 'import' ? grants.import(user, 'token') : grants.forget(user, false)
    await assert.rejects(
      act(app.user),
      expectedError(
        'usage',
        `what has no sign-in of its own has nothing to forget or import: ${command}`,
        { user: 'app@example.com', name: 'client_credentials' },
      ),
    )
    await assert.rejects(
      act(shared.user),
      expectedError(
        'usage',
        `what has no sign-in of its own has nothing to forget or import: ${command} (2)`,
        { command, user: 'shared@example.com', user2: 'owner@example.com' },
      ),
    )
  }
  assert.deepEqual(happened, [])
})

test('a sign-in that nobody uses is forgotten, and the account goes on', async (t) => {
  const { grants, happened, states, stored } = prepareGrants(t)
  grants.takeUp(accounts, [{ user: owner.user, signedInAt: 7, refreshedAt: 8 }])
  await settled()
  const before = states()
  happened.length = 0
  stored.note('gone@example.com', { signedInAt: 7, issuer: 'https://issuer.example' })
  stored.note(shared.user, { signedInAt: 7 })
  assert.deepEqual(await grants.forget('gone@example.com', true), {
    was_revoked: false,
    is_revocable: false,
  })
  assert.deepEqual(await grants.forget(shared.user, true), {
    was_revoked: false,
    is_revocable: true,
  })
  assert.deepEqual(happened, ['forget gone@example.com', 'forget shared@example.com'])
  assert.deepEqual(states(), before)
  assert.deepEqual(stored.unused(), [])
  await assert.rejects(grants.forget('gone@example.com', false), { code: 'account_unknown' })
})

test('an import of the owner serves both', async (t) => {
  const { grants, states } = prepareGrants(t)
  await grants.import(owner.user, 'token')
  await settled()
  assert.deepEqual([states()['owner'], states()['shared']], ['active', 'active'])
})

test('an import of an account that left the configuration meanwhile says that it is kept', async (t) => {
  const { grants, keeper, happened } = prepareGrants(t)
  const imported = grants.import(other.user, 'token')
  keeper.remove(other.user)
  await assert.rejects(
    imported,
    expectedError(
      'account_unknown',
      'an import of an account that left the configuration meanwhile says that it is kept',
      { user: 'other@example.com' },
    ),
  )
  assert.deepEqual(happened, ['import other@example.com', 'other@example.com token.forgotten'])
})

test('an import of an account that left the configuration and came back is taken up', async (t) => {
  const { grants, keeper, states } = prepareGrants(t)
  const imported = grants.import(other.user, 'token')
  keeper.remove(other.user)
  keeper.add(other)
  await imported
  await settled()
  assert.equal(states()['other'], 'active')
})

test('a record that reaches the disk after all is that of all who use it', async (t) => {
  const { grants, news, keeper } = prepareGrants(t, { isDurable: false })
  grants.takeUp(accounts, [{ user: owner.user, signedInAt: 7, refreshedAt: 8 }])
  await settled()
  const durable = () =>
    [owner, shared].map(({ user }) => keeper.get(user).history.newest?.isDurable)
  assert.deepEqual(durable(), [false, false])
  news.markDurable(owner.user)
  assert.deepEqual(durable(), [true, true])
})

const late = (changes: Partial<FreshToken> = {}) =>
  refreshedToken({
    accessToken: 'late',
    expiresAt: Date.UTC(2026, 0, 2),
    signedInAt: 7,
    ...changes,
  })

test('what came too late for its job is taken as if it had not', async (t) => {
  const unavailable = new ProviderUnavailableError('no answer yet')
  const { grants, news, keeper, happened, states } = prepareGrants(t, {
    refresh: () => Promise.reject(unavailable),
  })
  grants.takeUp([owner, shared], [{ user: owner.user, signedInAt: 7, refreshedAt: 8 }])
  await settled()
  assert.deepEqual([states()['owner'], states()['shared']], ['backing_off', 'backing_off'])
  happened.length = 0
  news.acceptLate(owner, late())
  await settled()
  assert.equal(keeper.get(owner.user).servable?.accessToken.reveal(), 'late')
  // Those who share it were refused because of it, and try again.
  assert.deepEqual(happened, [
    'owner@example.com token.refreshed',
    'shared@example.com token.refresh_failed',
  ])
  news.acceptLate(shared, late({ accessToken: 'of its own' }))
  assert.equal(keeper.get(shared.user).servable?.accessToken.reveal(), 'of its own')
})

test('a first sign-in that came too late is taken', (t) => {
  const { news, keeper } = prepareGrants(t)
  news.acceptLate(owner, late())
  assert.equal(keeper.get(owner.user).servable?.accessToken.reveal(), 'late')
})

test('what came too late is dropped where the account is gone, signed out or signed in again', async (t) => {
  const { grants, news, keeper, states } = prepareGrants(t)
  grants.takeUp([owner, shared], [{ user: owner.user, signedInAt: 7, refreshedAt: 8 }])
  await settled()
  news.acceptLate(owner, late({ signedInAt: 6 }))
  assert.equal(keeper.get(owner.user).servable?.accessToken.reveal(), `token of ${owner.user}`)
  await grants.forget(owner.user, false)
  news.acceptLate(owner, late())
  news.acceptLate(shared, late())
  assert.deepEqual([states()['owner'], states()['shared']], ['signed_out', 'signed_out'])
  news.acceptLate(testAccount({ user: 'gone@example.com' }), late())
})

test('what came too late for a changed entry is fetched again', async (t) => {
  const { news, keeper } = prepareGrants(t)
  news.acceptLate({ ...owner, scopes: ['others'] }, late())
  await settled()
  assert.equal(keeper.get(owner.user).servable?.accessToken.reveal(), `token of ${owner.user}`)
})

test('a changed entry goes on with its grant unless somebody else signs in for it now, or nobody', () => {
  assert.equal(keepsGrant(owner, { ...owner, scopes: ['more'] }), true)
  assert.equal(keepsGrant(owner, { ...owner, signInWith: other.user }), false)
  assert.equal(keepsGrant(shared, { ...shared, signInWith: other.user }), false)
  assert.equal(keepsGrant(owner, { ...owner, grant: 'client_credentials' }), false)
  assert.equal(keepsGrant(undefined, owner), false)
})

test('a refresh whose fate is unknown keeps all who share the sign-in from its refresh token', async (t) => {
  const lost = new ProviderUnavailableError('reset', { isFateUnknown: true })
  const expiresAt = new FakeClock().wallMs() + 3_600_000
  let answer = () => Promise.resolve(refreshedToken({ expiresAt }))
  const { grants, keeper, clock } = prepareGrants(t, { refresh: () => answer() })
  grants.takeUp(
    accounts,
    [owner, other].map(({ user }) => ({ user, signedInAt: 7, refreshedAt: 8 })),
  )
  await settled()
  answer = () => Promise.reject(lost)
  await assert.rejects(keeper.get(shared.user).refreshNow(), lost)
  const nextIn = ({ user }: Account) => (keeper.get(user).nextRefreshAt ?? 0) - clock.wallMs()
  assert.deepEqual([shared, owner].map(nextIn), [2_700_000, 2_700_000])
  assert.equal(keeper.get(other.user).state.name, 'active')
})
