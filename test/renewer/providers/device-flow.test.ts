/** Device codes (RFC 8628) at a real authorization server, and at servers that say what they like. */
import assert from 'node:assert/strict'
import { globalAgent } from 'node:https'
import { after, before, describe, test } from 'node:test'
import type { Account } from '../../../src/accounts/account.ts'
import { Secret } from '../../../src/logging/secret.ts'
import type { DeviceFlow } from '../../../src/renewer/providers/device-flow.ts'
import { Providers } from '../../../src/renewer/providers/providers.ts'
import {
  type AuthorizationServer,
  startAuthorizationServer,
} from '../../support/authorization-server.ts'
import { expectedError } from '../../support/golden.ts'
import { type ScriptedServer, startScriptedServer } from '../../support/scripted-server.ts'
import { openExchange } from '../../support/token-exchange.ts'
import { identitiesOf } from './identities-of.ts'
import { providerShapes, user } from './provider-shapes.ts'

const signal = AbortSignal.timeout(60_000)
const deviceCode = new Secret('canary-device-code')

async function flowOf({ provider }: Account): Promise<DeviceFlow> {
  return (await new Providers().find(provider)).deviceFlow
}

test('gmail has none unless the configuration names one: Google leaves mail out of its own', async () => {
  const { account } = providerShapes.find(({ name }) => name === 'gmail') ?? assert.fail()
  const { endpoints, ...rest } = account('https://localhost')
  const { deviceAuthorization: _, ...others } = endpoints
  const flow = await flowOf(rest as Account)
  await assert.rejects(
    flow.start({ ...rest, endpoints: others }, signal),
    expectedError('provider_rejected', 'Google leaves mail out of its own', {
      user,
      scope: 'https://mail.google.com/',
    }),
  )
})

for (const { name, account: accountFor } of providerShapes) {
  describe(`${name} at a real server`, () => {
    let server: AuthorizationServer
    let account: Account
    let flow: DeviceFlow

    before(async () => {
      const identityIn = name === 'oidc' ? 'userinfo' : 'id_token'
      server = await startAuthorizationServer({ identityIn })
      globalAgent.options.ca = server.certificates.ca
      account = accountFor(server.url)
      flow = await flowOf(account)
    })

    after(() => server.close())

    test('a person who allows gives tokens and the address, and the refresh token works', async () => {
      const started = await flow.start(account, signal)
      assert.match(started.userCode, /^\w{4}-\w{4}$/)
      assert.equal(started.verificationUri, `${server.url}/device`)
      const { href } = new URL(`/device?user_code=${started.userCode}`, server.url)
      assert.equal(started.verificationUriComplete, href)
      assert.equal(
        await flow.poll(account, started.deviceCode, openExchange(signal)),
        'authorization_pending',
      )
      await server.decideDevice(started.userCode, user)
      const tokens = await flow.poll(account, started.deviceCode, openExchange(signal))
      if (typeof tokens === 'string') assert.fail(tokens)
      assert.deepEqual(await identitiesOf(account, tokens), [user])
      assert.equal(await server.introspect(tokens.accessToken.reveal()), user)
      const provider = await new Providers().find(name)
      const fresh = await provider.refresh(account, tokens.renewal, openExchange(signal))
      assert.equal(await server.introspect(fresh.accessToken.reveal()), user)
      await assert.rejects(flow.poll(account, started.deviceCode, openExchange(signal)), {
        code: 'sign_in_required',
        message: /invalid_grant/,
      })
    })

    test('a person who denies ends it', async () => {
      const { deviceCode: code, userCode } = await flow.start(account, signal)
      await server.decideDevice(userCode, undefined)
      await assert.rejects(
        flow.poll(account, code, openExchange(signal)),
        expectedError('sign_in_failed', 'a person who denies ends it', {
          user: 'user@example.com',
        }),
      )
    })
  })
}

describe('a scripted server', () => {
  let server: ScriptedServer
  before(async () => {
    server = await startScriptedServer()
    globalAgent.options.ca = server.certificates.ca
  })
  after(() => server.close())

  const accountOf = (name: string) =>
    (providerShapes.find((shape) => shape.name === name) ?? assert.fail()).account(server.url)

  test('office365: of a consent for several resources it asks for the own one', async () => {
    const account = accountOf('office365')
    const own = [...account.scopes, 'https://outlook.office.com/POP.AccessAsUser.All']
    const consentScopes = [...own, 'https://graph.microsoft.com/Mail.Send']
    const flow = await flowOf(account)
    const body = { device_code: 'd', user_code: 'u', verification_uri: 'https://x/', expires_in: 9 }
    server.answer({ status: 200, body })
    await flow.start({ ...account, consentScopes }, signal)
    const asked = server.received.at(-1)?.form.get('scope')?.split(' ') ?? []
    assert.deepEqual(asked.slice(0, own.length), own)
    assert.ok(!asked.some((scope) => scope.includes('graph')))
  })

  for (const { name } of providerShapes) {
    test(`${name}: a poll is told to go on, to slow down, or why it is over`, async () => {
      const account = accountOf(name)
      const flow = await flowOf(account)
      const poll = (body: object | string, status = 400) => {
        server.answer({ status, body })
        return flow.poll(account, deviceCode, openExchange(signal))
      }
      assert.equal(await poll({ error: 'authorization_pending' }), 'authorization_pending')
      assert.equal(await poll({ error: 'slow_down' }), 'slow_down')
      assert.equal(await poll({ error: 'authorization_pending' }, 200), 'authorization_pending')
      assert.equal(await poll('error=slow_down&interval=9', 200), 'slow_down')
      await assert.rejects(poll({ error: 'expired' }, 200), { code: 'sign_in_failed' })
      await assert.rejects(poll({ error: 'expired_token' }), { code: 'sign_in_failed' })
      await assert.rejects(poll({ error: 'access_denied' }), { code: 'sign_in_failed' })
      await assert.rejects(poll({ error: 'server_error' }, 500), { code: 'provider_unavailable' })
      await assert.rejects(poll({}), { code: 'provider_protocol' })
      await assert.rejects(
        poll({ access_token: 'a' }, 200),
        expectedError(
          'provider_protocol',
          `${name}: a poll is told to go on, to slow down, or why it is over`,
          { user },
        ),
      )
    })

    test(`${name}: a refusal never repeats the device code`, async () => {
      const account = accountOf(name)
      server.answer({
        status: 400,
        body: { error: 'invalid_grant', error_description: 'canary-device-code is unknown' },
      })
      const polled = (await flowOf(account)).poll(account, deviceCode, openExchange(signal))
      await assert.rejects(polled, ({ message }: Error) => {
        assert.match(message, /\[secret\] is unknown/)
        return !message.includes('canary')
      })
    })
  }

  test('office365 asks its tenant with all it needs, and keeps what Microsoft explains', async () => {
    const account = accountOf('office365')
    const flow = await flowOf(account)
    const verification = {
      device_code: 'canary-device-code',
      user_code: 'ABCD1234',
      verification_uri: 'https://microsoft.com/devicelogin',
      expires_in: 900,
      message: 'To sign in, use a web browser',
    }
    server.answer({ status: 200, body: verification })
    assert.equal((await flow.start(account, signal)).intervalMs, 5_000)
    const { path, form } = server.received.at(-1) ?? assert.fail()
    assert.equal(path, '/test-tenant/oauth2/v2.0/devicecode')
    assert.deepEqual(Object.fromEntries(form), {
      client_id: account.clientId,
      scope: 'https://outlook.office.com/SMTP.Send openid profile offline_access',
    })
    const declined = {
      error: 'authorization_declined',
      error_description: 'AADSTS70016: The user declined. Trace ID: 1 Correlation ID: 2',
      error_codes: [70016],
      correlation_id: '2',
    }
    server.answer({ status: 400, body: declined })
    await assert.rejects(flow.poll(account, deviceCode, openExchange(signal)), {
      code: 'sign_in_failed',
      message: `access to "${user}" was denied: AADSTS70016: The user declined.`,
      answer: {
        status: 400,
        error: 'authorization_declined',
        description: 'AADSTS70016: The user declined.',
        aadsts: 70016,
        correlationId: '2',
        traceId: '1',
      },
    })
    const polled = server.received.at(-1) ?? assert.fail()
    assert.equal(polled.path, '/test-tenant/oauth2/v2.0/token')
    assert.deepEqual(Object.fromEntries(polled.form), {
      client_id: account.clientId,
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: 'canary-device-code',
    })
  })

  test('office365 with a secret sends it', async () => {
    const account = { ...accountOf('office365'), clientSecret: inline('the-secret') }
    server.answer({ status: 400, body: { error: 'authorization_pending' } })
    await (await flowOf(account)).poll(account, deviceCode, openExchange(signal))
    assert.equal(server.received.at(-1)?.form.get('client_secret'), 'the-secret')
  })

  test('oidc uses the endpoint that is configured, else the discovered one, else says so', async () => {
    const account = accountOf('oidc')
    const flow = await flowOf(account)
    await assert.rejects(
      flow.start(account, signal),
      expectedError(
        'provider_rejected',
        'oidc uses the endpoint that is configured, else the discovered one, else says so',
        { user, key: 'device_authorization_endpoint' },
      ),
    )
    const body = { device_code: 'd', user_code: 'u', verification_uri: 'https://x/', expires_in: 9 }
    server.answer({ status: 200, body })
    const endpoints = { deviceAuthorization: `${server.url}/configured` }
    await flow.start({ ...account, endpoints }, signal)
    const { path, form, authorization } = server.received.at(-1) ?? assert.fail()
    assert.deepEqual([path, form.get('scope')], ['/configured', 'mail'])
    assert.match(authorization ?? '', /^Basic /)
  })

  test('an app that may not use device codes is for the operator to change', async () => {
    const account = accountOf('office365')
    server.answer({
      status: 400,
      body: { error: 'unauthorized_client', error_description: 'AADSTS700016: not found' },
    })
    const started = (await flowOf(account)).start(account, signal)
    await assert.rejects(started, { code: 'provider_rejected', message: /AADSTS700016/ })
  })
})

function inline(value: string) {
  return { from: 'inline', value } as const
}
