/** Every provider against a server that misbehaves: the same words for the same trouble. */
import assert from 'node:assert/strict'
import { globalAgent } from 'node:https'
import { after, before, describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Account } from '../../../src/accounts/account.ts'
import type { CmsOauthError } from '../../../src/errors.ts'
import { Secret } from '../../../src/logging/secret.ts'
import { requireOwnIdToken } from '../../../src/renewer/jobs/grant-checks.ts'
import { Providers } from '../../../src/renewer/providers/providers.ts'
import type { Renewal } from '../../../src/renewer/providers/issued-token.ts'
import type { Provider } from '../../../src/renewer/providers/provider.ts'
import { assertError, assertSentence, expectedError } from '../../support/golden.ts'
import { type ScriptedServer, startScriptedServer } from '../../support/scripted-server.ts'
import { openExchange } from '../../support/token-exchange.ts'
import { type ProviderShape, providerShapes, user } from './provider-shapes.ts'

const signal = AbortSignal.timeout(60_000)
const renewal: Renewal = {
  kind: 'refresh_token',
  refreshToken: new Secret('canary-refresh-token'),
}
const good = { access_token: 'new-access', token_type: 'Bearer', expires_in: 3_600 }
const html = { 'content-type': 'text/html' }

for (const shape of providerShapes) describe(shape.name, () => faultsOf(shape))

function faultsOf(shape: ProviderShape): void {
  let server: ScriptedServer
  let account: Account
  let provider: Provider

  before(async () => {
    server = await startScriptedServer()
    globalAgent.options.ca = server.certificates.ca
    account = shape.account(server.url)
    provider = await new Providers().find(shape.name)
  })
  after(() => server.close())

  const refresh = () => provider.refresh(account, renewal, openExchange(signal))

  test('a refresh sends the refresh token once, in the body, and asks for nothing else', async () => {
    server.requests.length = 0
    server.answer({ status: 200, body: { ...good, refresh_token: 'rotated' } })
    const tokens = await refresh()
    const { form, path } = server.received.at(-1) ?? assert.fail()
    assert.equal(form.get('grant_type'), 'refresh_token')
    assert.equal(form.get('refresh_token'), 'canary-refresh-token')
    assert.equal(tokens.renewal.refreshToken.reveal(), 'rotated')
    const others = server.requests.filter((request) => request !== `POST ${path}`)
    assert.deepEqual(others, shape.discovery === undefined ? [] : [`GET ${shape.discovery}`])
  })

  test('a server that does not rotate leaves the refresh token as it is', async () => {
    server.answer({ status: 200, body: good })
    const { renewal: kept } = await refresh()
    assert.equal(kept.refreshToken.reveal(), 'canary-refresh-token')
  })

  test('a lifetime that is missing counts as 600 s, one in quotes as a number', async () => {
    const { expires_in: _, ...endless } = good
    server.answer({ status: 200, body: endless })
    const unsaid = await refresh()
    assert.ok(Math.abs(unsaid.expiresAt - Date.now() - 600_000) < 30_000)
    server.answer({ status: 200, body: { ...good, expires_in: '3599' } })
    const quoted = await refresh()
    assert.ok(Math.abs(quoted.expiresAt - Date.now() - 3_599_000) < 30_000)
  })

  test('a lifetime begins when the token was asked for, however late the answer', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
    const askedAt = Date.now()
    server.answer({
      status: 200,
      body: good,
      get when() {
        t.mock.timers.tick(15_000)
        return Promise.resolve()
      },
    })
    assert.equal((await refresh()).expiresAt, askedAt + 3_600_000)
  })

  test('a date in Retry-After is one of the clock of the provider', async () => {
    const headers = {
      date: 'Tue, 01 Jan 2030 00:00:00 GMT',
      'retry-after': 'Tue, 01 Jan 2030 00:02:00 GMT',
    }
    server.answer({ status: 503, headers })
    await assert.rejects(refresh(), { code: 'provider_unavailable', retryAfterMs: 120_000 })
  })

  test('429 is temporary trouble, after the time that Retry-After says', async () => {
    server.answer({ status: 429, headers: { 'retry-after': '120' } })
    await assert.rejects(refresh(), (failure: CmsOauthError & { retryAfterMs?: number }) => {
      const names = { user, status: 429 }
      assertError(failure, 'provider_unavailable', 'a status with a wait of minutes', names)
      assert.equal(failure.retryAfterMs, 120_000)
      return true
    })
  })

  test('a 429 is not held against the next try', async () => {
    server.answer({ status: 429, headers: { 'retry-after': '120' } }, { status: 200, body: good })
    await assert.rejects(refresh(), { code: 'provider_unavailable' })
    assert.equal((await refresh()).accessToken.reveal(), 'new-access')
  })

  test('503 with a page of HTML is temporary trouble, tried once', async () => {
    const before = server.received.length
    server.answer({ status: 503, headers: html, body: '<html>Service Unavailable</html>' })
    await assert.rejects(refresh(), (failure: CmsOauthError & { retryAfterMs?: number }) => {
      const names = { user, status: 503 }
      assertError(failure, 'provider_unavailable', 'a status of temporary trouble', names)
      assert.equal(failure.retryAfterMs, undefined)
      return true
    })
    assert.equal(server.received.length, before + 1)
  })

  test('a connection that is reset is temporary trouble, tried once', async () => {
    const before = server.received.length
    server.answer({ reset: true })
    await assert.rejects(
      refresh(),
      expectedError(
        'provider_unavailable',
        'a connection that is reset is temporary trouble, tried once',
        { host: new URL(server.url).host, reason: 'ECONNRESET' },
      ),
    )
    assert.equal(server.received.length, before + 1)
  })

  test('a server that hangs is left when the signal says so', async () => {
    for (const after of [undefined, '{"access_token":']) {
      server.answer({ hang: true, ...(after === undefined ? {} : { after }) })
      const [controller, before] = [new AbortController(), server.received.length]
      const refreshed = provider.refresh(account, renewal, openExchange(controller.signal))
      refreshed.catch(() => {})
      while (server.received.length === before) await setImmediate()
      controller.abort()
      await assert.rejects(refreshed, { isFateUnknown: true })
      const { host } = new URL(server.url)
      const refusal = expectedError('provider_unavailable', 'a server that hangs', { host })
      await assert.rejects(refreshed, refusal)
    }
  })

  test('invalid_grant asks for a sign-in and keeps what Microsoft says of it', async () => {
    server.answer({
      status: 400,
      body: {
        error: 'invalid_grant',
        error_description:
          'AADSTS50173: The provided grant has expired.\r\nTrace ID: 1\r\nTimestamp: 2',
        error_codes: [50173],
        correlation_id: 'the-correlation',
        suberror: 'bad_token',
      },
    })
    await assert.rejects(refresh(), (failure: CmsOauthError & { answer?: object }) => {
      const names = { user, number: 'AADSTS50173' }
      assertError(failure, 'sign_in_required', 'a sign-in that Microsoft ended', names)
      assert.deepEqual(failure.answer, {
        status: 400,
        error: 'invalid_grant',
        description: 'AADSTS50173: The provided grant has expired.',
        aadsts: 50173,
        correlationId: 'the-correlation',
        traceId: '1',
      })
      return true
    })
  })

  test('invalid_client is for the operator', async () => {
    server.answer({ status: 401, body: { error: 'invalid_client' } })
    await assert.rejects(
      refresh(),
      expectedError('provider_rejected', `${shape.name}: invalid_client is for the operator`, {
        user,
      }),
    )
  })

  test('a refusal that repeats the refresh token is told without it', async () => {
    const description = 'no such token: canary-refresh-token'
    const body = { error: 'invalid_grant', error_description: description }
    server.answer({ status: 400, body })
    await assert.rejects(refresh(), (error: Error) => {
      assertSentence(error.message, 'a refusal that repeats the refresh token is told without it')
      assert.doesNotMatch(JSON.stringify(error), /canary/)
      return true
    })
  })

  test('a good status with an error and no token is a refusal, told without the refresh token', async () => {
    const description = 'canary-refresh-token was taken back'
    for (const [error, code] of [
      ['INVALID_REFRESH_TOKEN', 'sign_in_required'],
      ['invalid_client', 'provider_rejected'],
      ['server_error', 'provider_unavailable'],
    ]) {
      server.answer({ status: 200, body: { error, error_description: description } })
      await assert.rejects(refresh(), (failure: CmsOauthError) => {
        assert.equal(failure.code, code)
        const said = `${error} (${description.replace('canary-refresh-token', '[secret]')})`
        assert.ok(failure.message.includes(said), failure.message)
        assert.doesNotMatch(JSON.stringify(failure), /canary/)
        return true
      })
    }
  })

  test('whatever refuses a refresh and not the client asks for a sign-in', async () => {
    const refusals: [number, object | string][] = [
      [401, { error: 'invalid_token' }],
      [403, { error: 'access_denied' }],
      [400, { error: { code: 'expired_token', message: 'too old' } }],
      [400, 'error=bad_refresh_token&error_description=too+old'],
      [400, `)]}'\n{"error":"INVALID_REFRESH_TOKEN"}`],
    ]
    for (const [status, body] of refusals) {
      server.answer({ status, body })
      await assert.rejects(refresh(), { code: 'sign_in_required' })
    }
  })

  test('a revocation that is refused with a good status has not revoked', async () => {
    if (shape.name === 'office365') return
    const revocable = {
      ...account,
      endpoints: { ...account.endpoints, revocation: `${server.url}/r` },
    }
    server.answer({ status: 200, body: { error: 'invalid_request' } }, { status: 200, body: {} })
    await assert.rejects(provider.revoke(revocable, renewal, signal), { code: 'provider_rejected' })
    assert.equal(await provider.revoke(revocable, renewal, signal), true)
  })

  test('a good status without a usable token breaks the protocol', async () => {
    const broken: [object | string, fault: string][] = [
      ['<html>Welcome to the hotel</html>', 'no access token'],
      ['null', 'no access token'],
      [{}, 'no access token'],
      [{ ...good, access_token: 'a^b' }, 'odd characters'],
      [{ ...good, access_token: 'a b' }, 'odd characters'],
      [{ ...good, access_token: 'a\u0001b' }, 'odd characters'],
      [{ ...good, token_type: 'mac' }, 'another type'],
    ]
    for (const [body, fault] of broken) {
      server.answer({ status: 200, body })
      const refusal = expectedError('provider_protocol', `an answer with ${fault}`)
      await assert.rejects(refresh(), refusal)
    }
  })

  test('an answer of more than 1 MiB is refused', async () => {
    server.answer({ status: 200, body: { ...good, more: 'x'.repeat(1_100 * 1_024) } })
    await assert.rejects(
      refresh(),
      expectedError('provider_protocol', 'an answer of more than 1 MiB is refused'),
    )
  })

  test('a redirect is not followed', async () => {
    const before = server.requests.length
    server.answer({ status: 307, headers: { location: `${server.url}/elsewhere` } })
    await assert.rejects(
      refresh(),
      expectedError('provider_protocol', 'a redirect is not followed', { user }),
    )
    assert.equal(server.requests.slice(before).filter((path) => /elsewhere/.test(path)).length, 0)
  })

  test('an id_token for another client or sign-in is refused, and one without a nonce', async () => {
    const claims = { aud: account.clientId, nonce: 'the-nonce', email: user, sub: '1' }
    const idTokens = [
      { claims: { ...claims, aud: 'another' }, another: 'client' },
      { claims: { ...claims, nonce: 'old' }, another: 'sign-in' },
      { claims: { ...claims, nonce: undefined }, another: 'sign-in' },
    ]
    const redeem = async () => {
      const tokens = await provider.redeemCode(
        account,
        {
          redirectUri: 'http://127.0.0.1:1',
          nonce: 'the-nonce',
          code: new Secret('the-code'),
          codeVerifier: new Secret('the-verifier'),
        },
        openExchange(signal),
      )
      requireOwnIdToken(account, tokens, 'the-nonce')
      return tokens
    }
    for (const { claims, another } of idTokens) {
      server.answer({ status: 200, body: { ...tokensOf(account), id_token: unsigned(claims) } })
      const refusal = expectedError('provider_protocol', `an id_token for another ${another}`)
      await assert.rejects(redeem(), refusal)
    }
    server.answer({ status: 200, body: { ...tokensOf(account), id_token: unsigned(claims) } })
    assert.deepEqual((await redeem()).identities, [user])
    assert.equal(server.received.at(-1)?.form.get('code_verifier'), 'the-verifier')
  })
}

function tokensOf({ scopes }: Account): object {
  return { ...good, refresh_token: 'first', scope: scopes.join(' ') }
}

function unsigned(claims: object): string {
  const parts = [{ alg: 'none' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  return [...parts, 'signature'].join('.')
}
