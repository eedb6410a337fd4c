/** What each provider asks the browser for, and how the client names itself. */
import assert from 'node:assert/strict'
import { globalAgent } from 'node:https'
import { after, before, describe, test } from 'node:test'
import type { Account } from '../../../src/accounts/account.ts'
import { Secret } from '../../../src/logging/secret.ts'
import { Providers } from '../../../src/renewer/providers/providers.ts'
import { createClientCertificate } from '../../support/client-certificate.ts'
import { decodeJwt } from '../../support/decode-jwt.ts'
import { expectedError } from '../../support/golden.ts'
import { type ScriptedServer, startScriptedServer } from '../../support/scripted-server.ts'
import { openExchange } from '../../support/token-exchange.ts'
import { providerShapes, user } from './provider-shapes.ts'

const signal = AbortSignal.timeout(60_000)
const request = {
  redirectUri: 'http://127.0.0.1:1/',
  state: 'the-state',
  nonce: 'the-nonce',
  codeChallenge: 'the-challenge',
}
const redemption = {
  redirectUri: 'http://127.0.0.1:1/',
  nonce: 'the-nonce',
  code: new Secret('the-code'),
  codeVerifier: new Secret('the-verifier'),
}
const renewal = { kind: 'refresh_token', refreshToken: new Secret('the-refresh-token') } as const
const good = { access_token: 'access', token_type: 'Bearer', refresh_token: 'refresh' }

let server: ScriptedServer
before(async () => {
  server = await startScriptedServer()
  globalAgent.options.ca = server.certificates.ca
})
after(() => server.close())

async function start(account: Account): Promise<URLSearchParams> {
  const provider = await new Providers().find(account.provider)
  const { url } = await provider.startAuthorization(account, request, signal)
  return new URL(url).searchParams
}

function accountOf(name: Account['provider']): Account {
  const shape = providerShapes.find((shape) => shape.name === name) ?? assert.fail()
  return shape.account(server.url)
}

function metadata(changes: object): object {
  return {
    issuer: server.url,
    authorization_endpoint: `${server.url}/authorize`,
    token_endpoint: `${server.url}/token`,
    ...changes,
  }
}

test('nobody is sent to a page of Microsoft that is not on https', async () => {
  const account = accountOf('office365')
  const body = metadata({
    issuer: `${account.authority}/v2.0`,
    authorization_endpoint: 'http://localhost:1/authorize',
    jwks_uri: `${server.url}/jwks`,
  })
  server.answerDiscovery({ status: 200, body })
  await assert.rejects(
    start(account),
    expectedError(
      'provider_protocol',
      'nobody is sent to a page of Microsoft that is not on https',
      { user },
    ),
  )
})

for (const { name } of providerShapes) {
  test(`${name} sends state, nonce, the S256 challenge, the hint and the redirect URI`, async () => {
    const account = accountOf(name)
    const parameters = await start(account)
    const expected = {
      response_type: 'code',
      client_id: account.clientId,
      redirect_uri: 'http://127.0.0.1:1/',
      state: 'the-state',
      nonce: 'the-nonce',
      code_challenge: 'the-challenge',
      code_challenge_method: 'S256',
      login_hint: user,
    }
    for (const [field, value] of Object.entries(expected)) {
      assert.equal(parameters.get(field), value, field)
    }
    assert.deepEqual(
      account.scopes.filter((scope) => !parameters.get('scope')?.split(' ').includes(scope)),
      [],
    )
    assert.equal(parameters.has('client_secret'), false)
  })
}

for (const name of ['office365', 'oidc'] as const) {
  test(`${name}: a sign-in that others use too asks for what all of them need, a refresh for one's own`, async () => {
    const account = { ...accountOf(name), consentScopes: ['first', 'second'], scopes: ['first'] }
    const asked = (await start(account)).get('scope')?.split(' ') ?? []
    assert.ok(
      ['first', 'second'].every((scope) => asked.includes(scope)),
      asked.join(' '),
    )
    server.answer({ status: 200, body: good })
    const provider = await new Providers().find(name)
    await provider.refresh({ ...account, scopes: ['second'] }, renewal, openExchange(signal))
    const refreshed = server.received.at(-1)?.form.get('scope')?.split(' ') ?? []
    assert.ok(refreshed.includes('second') && !refreshed.includes('first'), refreshed.join(' '))
  })
}

describe('office365', () => {
  test('a client with a certificate signs for a refresh too', async () => {
    const files = await createClientCertificate()
    const { certificateFile: path, keyFile } = files
    const account: Account = {
      ...accountOf('office365'),
      clientCertificate: { path, key: { from: 'file', path: keyFile } },
    }
    server.answer({ status: 200, body: good })
    await (await new Providers().find('office365')).refresh(account, renewal, openExchange(signal))
    const { form, path: asked } = server.received.at(-1) ?? assert.fail()
    const { claims } = decodeJwt(form.get('client_assertion') ?? '', files.certificate)
    assert.equal(claims['aud'], `${server.url}${asked}`)
    files.remove()
  })

  test('offline access and identity are asked for', async () => {
    const scopes = (await start(accountOf('office365'))).get('scope')?.split(' ') ?? []
    assert.ok(['openid', 'profile', 'offline_access'].every((scope) => scopes.includes(scope)))
  })

  test('a client with a secret sends it in the body', async () => {
    const account: Account = {
      ...accountOf('office365'),
      clientSecret: { from: 'inline', value: 'the-secret' },
    }
    server.answer({ status: 200, body: good })
    await (await new Providers().find('office365')).refresh(account, renewal, openExchange(signal))
    assert.equal(server.received.at(-1)?.form.get('client_secret'), 'the-secret')
  })
})

describe('gmail', () => {
  test('a refresh token is made sure of, and the address asked for', async () => {
    const parameters = await start(accountOf('gmail'))
    assert.equal(parameters.get('access_type'), 'offline')
    assert.equal(parameters.get('prompt'), 'consent')
    assert.equal(parameters.get('scope'), 'https://mail.google.com/ openid email')
  })

  test('a revocation names the token in the body, never in the URL', async () => {
    server.answer({ status: 200 })
    const provider = await new Providers().find('gmail')
    assert.equal(await provider.revoke(accountOf('gmail'), renewal, signal), true)
    const { path, query, form } = server.received.at(-1) ?? assert.fail()
    assert.deepEqual([path, query, form.toString()], ['/revoke', '', 'token=the-refresh-token'])
  })

  test('a token that has ended already counts as revoked, another refusal does not', async () => {
    const provider = await new Providers().find('gmail')
    server.answer({ status: 400, body: { error: 'invalid_token' } })
    assert.equal(await provider.revoke(accountOf('gmail'), renewal, signal), true)
    server.answer({ status: 400, body: { error: 'invalid_request' } })
    await assert.rejects(provider.revoke(accountOf('gmail'), renewal, signal), {
      code: 'provider_rejected',
    })
  })
})

describe('oidc', () => {
  test('a server where nobody can sign in says so', async () => {
    const { authorization_endpoint: _, ...body } = metadata({}) as {
      authorization_endpoint: string
    }
    server.answerDiscovery({ status: 200, body })
    await assert.rejects(
      start(accountOf('oidc')),
      expectedError('provider_rejected', 'a server where nobody can sign in says so', { user }),
    )
  })

  test('a revocation goes to the endpoint found or configured, with the token in the body', async () => {
    const provider = await new Providers().find('oidc')
    const { clientSecret: _, ...open } = accountOf('oidc')
    const configured = { ...open, endpoints: { revocation: `${server.url}/configured` } }
    const found = metadata({ revocation_endpoint: `${server.url}/found` })
    for (const [account, path] of [
      [open, '/found'],
      [configured, '/configured'],
    ] as const) {
      server.answerDiscovery({ status: 200, body: found })
      server.answer({ status: 200 })
      assert.equal(await provider.revoke(account, renewal, signal), true)
      const sent = server.received.at(-1) ?? assert.fail()
      assert.deepEqual([sent.path, sent.query], [path, ''])
      assert.equal(
        sent.form.toString(),
        'token=the-refresh-token&token_type_hint=refresh_token&client_id=test-client-basic',
      )
    }
  })

  test('offline access is asked for, with a consent, where the server offers it', async () => {
    const offered = metadata({ scopes_supported: ['openid', 'offline_access'] })
    server.answerDiscovery({ status: 200, body: offered })
    const parameters = await start(accountOf('oidc'))
    assert.equal(parameters.get('scope'), 'openid offline_access mail')
    assert.equal(parameters.get('prompt'), 'consent')
    const plain = await start(accountOf('oidc'))
    assert.deepEqual([plain.get('scope'), plain.get('prompt')], ['mail', null])
  })

  test('the client names itself as the server requires it', async () => {
    const { clientSecret, ...open } = accountOf('oidc')
    assert.ok(clientSecret !== undefined)
    const secret = 'test-client-secret'
    const basic = `Basic ${Buffer.from(`test-client-basic:${secret}`).toString('base64')}`
    const cases: [Account, string[] | undefined, (string | null | undefined)[]][] = [
      [accountOf('oidc'), undefined, [basic, null, null]],
      [accountOf('oidc'), ['client_secret_post'], [undefined, 'test-client-basic', secret]],
      [open, undefined, [undefined, 'test-client-basic', null]],
    ]
    for (const [account, methods, expected] of cases) {
      const provider = await new Providers().find('oidc')
      const body = metadata({ token_endpoint_auth_methods_supported: methods })
      server.answerDiscovery({ status: 200, body })
      server.answer({ status: 200, body: good })
      await provider.refresh(account, renewal, openExchange(signal))
      const { authorization, form } = server.received.at(-1) ?? assert.fail()
      assert.deepEqual([authorization, form.get('client_id'), form.get('client_secret')], expected)
    }
  })

  test('a document is read once for many refreshes, and again after a failure or for a sign-in', async () => {
    const provider = await new Providers().find('oidc')
    const refresh = () => provider.refresh(accountOf('oidc'), renewal, openExchange(signal))
    const read = 'GET /.well-known/openid-configuration'
    server.requests.length = 0
    server.answer(
      { status: 200, body: good },
      { status: 200, body: good },
      { status: 404, body: '' },
    )
    await refresh()
    await refresh()
    await assert.rejects(refresh())
    assert.deepEqual(server.requests.splice(0), [read, 'POST /token', 'POST /token', 'POST /token'])
    // It has moved.
    const body = metadata({ token_endpoint: `${server.url}/moved` })
    server.answerDiscovery({ status: 200, body })
    server.answer({ status: 200, body: good })
    await refresh()
    assert.deepEqual(server.requests.splice(0), [read, 'POST /moved'])
    await provider.startAuthorization(accountOf('oidc'), request, signal)
    assert.deepEqual(server.requests.splice(0), [read])
  })

  test('endpoints of the configuration need no discovery', async () => {
    const { authority: _, ...account } = accountOf('oidc')
    const endpoints = { authorization: `${server.url}/here`, token: `${server.url}/token` }
    server.requests.length = 0
    await start({ ...account, endpoints })
    assert.deepEqual(server.requests, [])
  })

  test('a server without revocation is told nothing', async () => {
    const provider = await new Providers().find('oidc')
    const before = server.received.length
    assert.equal(await provider.revoke(accountOf('oidc'), renewal, signal), false)
    assert.equal(server.received.length, before)
  })

  test('an answer without a refresh token says what to allow', async () => {
    const { refresh_token: _, ...short } = good
    server.answer({ status: 200, body: short })
    const provider = await new Providers().find('oidc')
    await assert.rejects(
      provider.redeemCode(accountOf('oidc'), redemption, openExchange(signal)),
      expectedError('provider_protocol', 'an answer without a refresh token says what to allow', {
        user,
      }),
    )
  })
})

for (const name of ['office365', 'oidc'] as const) {
  test(`${name}: a discovery that fails is told like any other answer`, async () => {
    server.answerDiscovery({ status: 503 })
    await assert.rejects(start(accountOf(name)), { code: 'provider_unavailable' })
    server.answerDiscovery({ status: 200, body: '<html>hotel</html>' })
    await assert.rejects(start(accountOf(name)), { code: 'provider_protocol' })
  })
}
