/** What the daemon makes of a provider's trouble, for all three shapes of providers. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fingerprint, Secret } from '../../src/logging/secret.ts'
import { assertSentence, expectedError } from '../support/golden.ts'
import type { ScriptedAnswer } from '../support/scripted-server.ts'
import {
  returnFromProvider,
  type ScriptedWorld,
  startScriptedWorld,
} from '../support/scripted-world.ts'

describe('a provider in trouble', { concurrency: true }, () => {
  for (const shape of ['office365', 'gmail', 'oidc'] as const) {
    describe(shape, { concurrency: false }, () => faultsOf(shape))
  }
})

function faultsOf(shape: 'office365' | 'gmail' | 'oidc'): void {
  let world: ScriptedWorld

  before(async () => {
    world = await startScriptedWorld(shape)
  })
  after(() => world.close())

  const refresh = () => world.daemon.control.refresh(world.user)

  async function status() {
    const { accounts } = await world.daemon.control.accounts()
    return accounts[0] ?? assert.fail('the account is gone')
  }

  /** The refresh fails as told, once; the old token is served on; then all is well again. */
  async function assertSurvived(answer: ScriptedAnswer, error: object, during = async () => {}) {
    const old = await world.ask()
    const { length } = world.server.received
    world.server.answer(answer)
    await assert.rejects(refresh(), error)
    assert.equal(world.server.received.length, length + 1)
    assert.equal(await world.ask(), old)
    await during()
    assert.equal(world.server.received.length, length + 1)
    await assertRecovery()
  }

  async function assertRecovery(): Promise<void> {
    const accessToken = world.answerWell()
    await refresh()
    assert.equal(await world.ask(), accessToken)
    const { state, error, action } = await status()
    assert.deepEqual({ state, error, action }, { state: 'active', error: null, action: '' })
  }

  async function assertBackingOff(code: string): Promise<void> {
    const { state, error, next_refresh_at, expires_at } = await status()
    assert.equal(state, 'backing_off')
    assert.equal(error?.error, code)
    assert.ok(Date.parse(next_refresh_at ?? '') > Date.now())
    assert.ok(Date.parse(expires_at ?? '') > Date.now())
  }

  test('a sign-in that the token endpoint answers with an error can be tried again', async () => {
    world.server.answer({ status: 503, headers: { 'content-type': 'text/html' }, body: '<p>' })
    const events: string[] = []
    for await (const progress of world.daemon.control.signIn(world.user, { method: 'browser' })) {
      events.push(progress.event)
      if (progress.event === 'url') void returnFromProvider(progress.url)
      if (progress.event === 'failed') assert.match(progress.error.error_description, /status 503/)
    }
    assert.equal(events.at(-1), 'failed')
    assert.equal((await status()).state, 'signed_out')
  })

  test('a sign-in brings a token', async () => {
    const accessToken = world.answerWell()
    const events: string[] = []
    for await (const progress of world.daemon.control.signIn(world.user, { method: 'browser' })) {
      events.push(progress.event)
      if (progress.event === 'url') void returnFromProvider(progress.url)
    }
    assert.deepEqual(events, ['url', 'page_opened', 'code_received', 'completed'])
    assert.equal(await world.ask(), accessToken)
  })

  test('429 with Retry-After is left in peace for as long as it asks', async () => {
    const before = Date.now()
    await assertSurvived(
      { status: 429, headers: { 'retry-after': '120' } },
      { code: 'provider_unavailable' },
      async () => {
        await assertBackingOff('provider_unavailable')
        const nextAt = Date.parse((await status()).next_refresh_at ?? '')
        assert.ok(nextAt >= before + 120_000 && nextAt <= Date.now() + 120_000)
      },
    )
  })

  test('503 with a page of HTML passes, and the page is shown nowhere', async () => {
    await assertSurvived(
      { status: 503, headers: { 'content-type': 'text/html' }, body: '<html>canary-page</html>' },
      { code: 'provider_unavailable', message: /status 503/ },
      () => assertBackingOff('provider_unavailable'),
    )
  })

  test('a connection that is reset passes', async () => {
    await assertSurvived({ reset: true }, { code: 'provider_unavailable' }, () =>
      assertBackingOff('provider_unavailable'),
    )
  })

  test('a token of another type is none', async () => {
    await assertSurvived(
      { status: 200, body: { access_token: 'canary-mac', token_type: 'mac', expires_in: 3_600 } },
      expectedError('provider_protocol', 'a token of another type'),
      () => assertBackingOff('provider_protocol'),
    )
  })

  test('a token without a lifetime is kept for ten minutes', async () => {
    const accessToken = world.answerWell({ expires_in: undefined })
    const before = Date.now()
    await refresh()
    assert.equal(await world.ask(), accessToken)
    const { expires_at, state } = await status()
    assert.equal(state, 'active')
    const lifetimeMs = Date.parse(expires_at ?? '') - before
    assert.ok(Math.abs(lifetimeMs - 600_000) < 60_000, `${lifetimeMs} ms`)
  })

  test('an application that is refused waits for the operator and says what to fix', async () => {
    await assertSurvived(
      { status: 401, body: { error: 'invalid_client' } },
      { code: 'provider_rejected' },
      async () => {
        const { state, action } = await status()
        assert.equal(state, 'misconfigured')
        assertSentence(action, `an application that is refused: ${shape}`, { key: 'client_id' })
      },
    )
  })

  test('what the operator fixed at the provider is tried at a reload', async () => {
    world.server.answer({ status: 401, body: { error: 'invalid_client' } })
    await assert.rejects(refresh(), { code: 'provider_rejected' })
    const fixed = fingerprint(new Secret(world.answerWell()))
    const { changed } = await world.daemon.control.reload()
    assert.deepEqual(changed, [])
    await world.daemon.logged(
      (line) => line.event === 'token.refreshed' && line['fingerprint'] === fixed,
    )
    assert.equal((await status()).state, 'active')
  })

  test('invalid_grant is explained, and believed the second time', async () => {
    const old = await world.ask()
    const refusal = {
      status: 400,
      body: {
        error: 'invalid_grant',
        error_description: 'AADSTS700082: The refresh token has expired due to inactivity.',
        error_codes: [700082],
      },
    }
    for (const state of ['backing_off', 'sign_in_required']) {
      world.server.answer(refusal)
      const names = { user: world.user, code: 'AADSTS700082' }
      await assert.rejects(
        refresh(),
        expectedError('sign_in_required', 'a sign-in that was not used', names),
      )
      const account = await status()
      assert.equal(account.state, state)
      assert.match(account.error?.error_description ?? '', /AADSTS700082/)
      assert.match(account.error?.answer?.description ?? '', /due to inactivity\.$/)
      assert.equal(await world.ask(), old)
    }
    assert.equal((await status()).action, `run "cms-oauth login ${world.user}"`)
    await assertRecovery()
  })

  for (const [statusCode, error] of [
    [200, 'INVALID_REFRESH_TOKEN'],
    [401, 'invalid_token'],
  ] as const) {
    test(`${error} with status ${statusCode} is believed the second time too`, async () => {
      for (const state of ['backing_off', 'sign_in_required']) {
        world.server.answer({ status: statusCode, body: { error } })
        await assert.rejects(refresh(), { code: 'sign_in_required' })
        assert.equal((await status()).state, state)
      }
      await assertRecovery()
    })
  }

  test('no secret is in the log or in the status', async () => {
    const { accounts } = await world.daemon.control.accounts()
    assert.ok(world.daemon.log.length > 0)
    assert.doesNotMatch(JSON.stringify([world.daemon.log, accounts]), /canary/)
  })
}
