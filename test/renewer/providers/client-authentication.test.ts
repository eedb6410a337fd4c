/** How a client sends its secret: at a real authorization server, and at one that lists what it takes. */
import assert from 'node:assert/strict'
import { globalAgent } from 'node:https'
import { after, before, describe, test } from 'node:test'
import type { Account } from '../../../src/accounts/account.ts'
import { clientAuthentications } from '../../../src/configuration/configuration.ts'
import { Secret } from '../../../src/logging/secret.ts'
import { OidcProvider } from '../../../src/renewer/providers/oidc/oidc-provider.ts'
import { testAccount } from '../../support/accounts.ts'
import {
  type AuthorizationServer,
  startAuthorizationServer,
  testClientId,
  testClientSecret,
} from '../../support/authorization-server.ts'
import { type ScriptedServer, startScriptedServer } from '../../support/scripted-server.ts'
import { openExchange } from '../../support/token-exchange.ts'

const signal = AbortSignal.timeout(120_000)
const unknown = new Secret('unknown-to-the-server')
const renewal = { kind: 'refresh_token', refreshToken: unknown } as const
const clientSecret = { from: 'inline', value: testClientSecret } as const
const rightMethod = { code: 'sign_in_required', message: /invalid_grant/ }

/** Every request in which a client proves itself; all but the first two are refused for their grant. */
const requests: [string, (account: Account) => Promise<unknown>, refusal?: object][] = [
  [
    'a device code',
    (account) => new OidcProvider().deviceFlow?.start(account, signal) ?? assert.fail(),
  ],
  ['a revocation', (account) => new OidcProvider().revoke(account, renewal, signal)],
  [
    'a refresh',
    (account) => new OidcProvider().refresh(account, renewal, openExchange(signal)),
    rightMethod,
  ],
  [
    'a poll',
    (account) =>
      new OidcProvider().deviceFlow?.poll(account, unknown, openExchange(signal)) ?? assert.fail(),
    rightMethod,
  ],
  [
    'a code',
    (account) =>
      new OidcProvider().redeemCode(
        account,
        { redirectUri: 'http://127.0.0.1/', nonce: 'n', code: unknown, codeVerifier: unknown },
        openExchange(signal),
      ),
    rightMethod,
  ],
]

describe('a real server', () => {
  let server: AuthorizationServer
  before(async () => {
    server = await startAuthorizationServer()
    globalAgent.options.ca = server.certificates.ca
  })
  after(() => server.close())

  for (const method of clientAuthentications) {
    const other = method === 'basic' ? 'post' : 'basic'
    const accountOf = (value: string, changes: Partial<Account> = {}): Account =>
      testAccount({
        clientId: `${testClientId}-${method}`,
        clientSecret: { from: 'inline', value },
        clientAuthentication: method,
        authority: server.url,
        scopes: [],
        ...changes,
      })
    const refused = {
      code: 'provider_rejected',
      message: /: invalid_client/,
      hint: `compare client_id and the client secret with the registration; where they are right, set client_authentication = "${other}" and run "cms-oauth reload"`,
    }

    for (const [what, ask, refusal] of requests) {
      test(`${what} with the secret by ${method}`, async () => {
        const asked = ask(accountOf(testClientSecret))
        await (refusal === undefined ? asked : assert.rejects(asked, refusal))
        await assert.rejects(ask(accountOf('another-secret')), refused)
      })
    }

    test(`a token of its own with the secret by ${method}`, async () => {
      const clientId = `${testClientId}-app-${method}`
      const changes = { clientId, grant: 'client_credentials' } as const
      const fetchToken = (secret: string) =>
        new OidcProvider().fetchAppToken(accountOf(secret, changes), signal)
      const { accessToken } = await fetchToken(testClientSecret)
      assert.equal(await server.appOf(accessToken.reveal()), clientId)
      await assert.rejects(fetchToken('another-secret'), refused)
    })
  }
})

describe('a server that lists what it takes', () => {
  let server: ScriptedServer
  before(async () => {
    server = await startScriptedServer()
    globalAgent.options.ca = server.certificates.ca
  })
  after(() => server.close())

  /** How the secret is sent where the server lists these methods, and which other way the hint names. */
  const cases: [
    configured: 'basic' | 'post' | undefined,
    listed: string[],
    sent: string,
    named?: string,
  ][] = [
    [undefined, [], 'basic', 'post'],
    [undefined, ['client_secret_post'], 'post'],
    [undefined, ['client_secret_basic'], 'basic'],
    [undefined, ['client_secret_post', 'client_secret_basic'], 'basic', 'post'],
    [undefined, ['private_key_jwt'], 'post'],
    ['post', ['client_secret_basic'], 'post', 'basic'],
    ['basic', ['client_secret_post'], 'basic', 'post'],
    ['post', ['client_secret_post'], 'post'],
    ['post', [], 'post', 'basic'],
  ]
  for (const [configured, listed, sent, named] of cases) {
    test(`${configured ?? 'nothing'} configured, ${listed.join(' and ') || 'nothing'} listed`, async () => {
      server.answerDiscovery({
        status: 200,
        body: {
          issuer: server.url,
          token_endpoint: `${server.url}/token`,
          token_endpoint_auth_methods_supported: listed,
        },
      })
      server.answer({ status: 200, body: { error: 'invalid_client' } })
      const account = testAccount({
        clientSecret,
        authority: server.url,
        ...(configured === undefined ? {} : { clientAuthentication: configured }),
      })
      await assert.rejects(
        new OidcProvider().refresh(account, renewal, openExchange(signal)),
        ({ hint }: { hint: string }) => {
          assert.equal(/client_authentication = "(\w+)"/.exec(hint)?.[1], named)
          return true
        },
      )
      const { authorization, form } = server.received.at(-1) ?? assert.fail()
      assert.equal(authorization?.startsWith('Basic ') === true ? 'basic' : 'post', sent)
      assert.equal(form.get('client_secret'), sent === 'post' ? testClientSecret : null)
    })
  }

  test('a client without a secret is told of none', async () => {
    server.answer({ status: 401, body: { error: 'invalid_client' } })
    const refreshed = new OidcProvider().refresh(
      testAccount({ authority: server.url }),
      renewal,
      openExchange(signal),
    )
    await assert.rejects(refreshed, ({ hint }: { hint: string }) => !/client_auth/.test(hint))
  })
})
