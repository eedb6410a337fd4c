/** Each provider against a real authorization server over HTTPS, in the shape its library expects. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { globalAgent } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { Account } from '../../../src/accounts/account.ts'
import { Secret } from '../../../src/logging/secret.ts'
import { Providers } from '../../../src/renewer/providers/providers.ts'
import type { TokenSet } from '../../../src/renewer/providers/issued-token.ts'
import {
  type AuthorizationServer,
  startAuthorizationServer,
} from '../../support/authorization-server.ts'
import { openExchange } from '../../support/token-exchange.ts'
import { walkSignIn } from '../../support/walk-sign-in.ts'
import { identitiesOf } from './identities-of.ts'
import { providerShapes, user } from './provider-shapes.ts'
import { expectedError } from '../../support/golden.ts'

const signal = AbortSignal.timeout(60_000)

for (const { name, account: accountFor } of providerShapes) {
  describe(name, () => {
    let server: AuthorizationServer
    let account: Account
    let tokens: TokenSet

    before(async () => {
      server = await startAuthorizationServer({
        identityIn: name === 'oidc' ? 'userinfo' : 'id_token',
      })
      globalAgent.options.ca = server.certificates.ca
      account = accountFor(server.url)
    })

    after(() => server.close())

    test('a sign-in gives an access token, a refresh token and the address', async () => {
      tokens = await signIn(server, account)
      assert.equal(await server.introspect(tokens.accessToken.reveal()), user)
      assert.deepEqual(await identitiesOf(account, tokens), [user])
      assert.ok(Math.abs(tokens.expiresAt - Date.now() - 60_000) < 10_000)
    })

    test('a refresh gives a new access token and the rotated refresh token', async () => {
      const before = tokens
      tokens = await refresh(account, before)
      assert.notEqual(tokens.accessToken.reveal(), before.accessToken.reveal())
      assert.notEqual(
        tokens.renewal.refreshToken.reveal(),
        before.renewal.refreshToken.reveal(),
        'the server rotates',
      )
      assert.equal(await server.introspect(tokens.accessToken.reveal()), user)
    })

    test('a rotated refresh token works again', async () => {
      tokens = await refresh(account, tokens)
    })

    test('a revoked grant asks for a new sign-in', async () => {
      await server.revokeGrants(user)
      await assert.rejects(
        refresh(account, tokens),
        expectedError('sign_in_required', 'a revoked grant asks for a new sign-in', {
          user: 'user@example.com',
        }),
      )
    })

    test('a refresh token is revoked at the provider where that is offered', async () => {
      const fresh = await signIn(server, account)
      const provider = await new Providers().find(name)
      const wasRevoked = await provider.revoke(account, fresh.renewal, signal)
      assert.equal(wasRevoked, name !== 'office365')
      if (wasRevoked) await assert.rejects(refresh(account, fresh), { code: 'sign_in_required' })
    })
  })
}

describe('office365, for mail programs and an outbox', () => {
  const mail = [
    'https://outlook.office.com/SMTP.Send',
    'https://outlook.office.com/POP.AccessAsUser.All',
  ]
  const graph = ['https://graph.microsoft.com/Mail.Send']
  let server: AuthorizationServer
  let owner: Account
  let sender: Account

  before(async () => {
    server = await startAuthorizationServer()
    globalAgent.options.ca = server.certificates.ca
    const [shape] = providerShapes
    owner = { ...shape?.account(server.url), scopes: mail } as Account
    const beside = { signInWith: user, resource: { name: 'outbox', user } }
    sender = { ...owner, ...beside, user: `outbox:${user}`, scopes: graph, sendsBy: 'graph' }
  })

  after(() => server.close())

  /** Without those that say who somebody is. */
  async function scopesOf({ accessToken }: TokenSet): Promise<string[]> {
    const found = await server.findToken(accessToken.reveal())
    return (found?.scopes ?? []).filter((scope) => scope.startsWith('https:')).toSorted()
  }

  test('one sign-in gives a token for each of them, and a refresh of one leaves the other', async () => {
    const first = await signIn(server, { ...owner, consentScopes: [...mail, ...graph] })
    const sending = await refresh(sender, first)
    const second = await refresh(owner, sending)
    const third = await refresh(sender, second)
    assert.deepEqual(await Promise.all([first, second].map(scopesOf)), [
      mail.toSorted(),
      mail.toSorted(),
    ])
    assert.deepEqual(await Promise.all([sending, third].map(scopesOf)), [graph, graph])
  })

  test('a sign-in that did not ask for both is refused to the outbox alone', async () => {
    const first = await signIn(server, owner)
    const sentence = 'a sign-in that did not ask for both'
    const names = { user: sender.user }
    await assert.rejects(refresh(sender, first), expectedError('sign_in_required', sentence, names))
    await assert.rejects(
      refresh({ ...sender, grant: 'device_code' }, first),
      expectedError('sign_in_required', `${sentence}, by device code`, names),
    )
    assert.deepEqual(await scopesOf(await refresh(owner, first)), mail.toSorted())
  })

  test('scopes of both in one request are refused', async () => {
    const first = await signIn(server, { ...owner, consentScopes: [...mail, ...graph] })
    const both = { ...owner, scopes: [...mail, ...graph] }
    await assert.rejects(refresh(both, first), ({ answer }: { answer?: { aadsts?: number } }) => {
      return answer?.aadsts === 28_000
    })
  })
})

async function refresh(account: Account, { renewal }: TokenSet): Promise<TokenSet> {
  const provider = await new Providers().find(account.provider)
  return provider.refresh(account, renewal, openExchange(signal))
}

/** The whole sign-in, with a listener of the test's own at the redirect URI. */
async function signIn(server: AuthorizationServer, account: Account): Promise<TokenSet> {
  const provider = await new Providers().find(account.provider)
  const listener = createServer((request, response) => response.end(request.url))
  listener.listen(0, account.redirectUri.slice('http://'.length))
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  try {
    const redirectUri = `${account.redirectUri}:${port}`
    const codeVerifier = randomBytes(32).toString('base64url')
    const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url')
    const request = { redirectUri, state: 'the-state', nonce: 'the-nonce', codeChallenge }
    const { url } = await provider.startAuthorization(account, request, signal)
    const target = await walkSignIn(url, { ca: server.certificates.ca })
    const answer = new URL(target, redirectUri).searchParams
    assert.equal(answer.get('state'), 'the-state')
    return await provider.redeemCode(
      account,
      {
        redirectUri,
        nonce: 'the-nonce',
        code: new Secret(answer.get('code') ?? ''),
        codeVerifier: new Secret(codeVerifier),
      },
      openExchange(signal),
    )
  } finally {
    listener.close()
  }
}
