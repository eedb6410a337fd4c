/** Client credentials against a real authorization server over HTTPS. */
import assert from 'node:assert/strict'
import { globalAgent } from 'node:https'
import { after, before, test } from 'node:test'
import type { Account } from '../../../src/accounts/account.ts'
import { Providers } from '../../../src/renewer/providers/providers.ts'
import { testAccount } from '../../support/accounts.ts'
import {
  type AuthorizationServer,
  startAuthorizationServer,
  testClientId,
  testClientSecret,
  testTenant,
} from '../../support/authorization-server.ts'
import {
  type ClientCertificateFiles,
  createClientCertificate,
} from '../../support/client-certificate.ts'
import { expectedError } from '../../support/golden.ts'

const signal = AbortSignal.timeout(60_000)
const clientSecret = { from: 'inline', value: testClientSecret } as const
let server: AuthorizationServer
let files: ClientCertificateFiles

before(async () => {
  files = await createClientCertificate()
  server = await startAuthorizationServer({ clientCertificate: files.certificate })
  globalAgent.options.ca = server.certificates.ca
})
after(async () => {
  await server.close()
  files.remove()
})

function accountOf(client: string, changes: Partial<Account>): Account {
  return testAccount({
    clientId: `${testClientId}-${client}`,
    grant: 'client_credentials',
    authority: server.url,
    ...changes,
  })
}

async function fetchToken(account: Account) {
  return (await new Providers().find(account.provider)).fetchAppToken(account, signal)
}

function certificate({ certificateFile: path, keyFile }: ClientCertificateFiles): Partial<Account> {
  return { clientCertificate: { path, key: { from: 'file', path: keyFile } } }
}

test('each way of a client to prove itself gives a token of that client', async () => {
  const microsoft = {
    provider: 'office365',
    authority: `${server.url}/${testTenant}`,
    scopes: ['https://outlook.office365.com/.default'],
    clientSecret,
  } as const
  const accounts = [
    accountOf('app-basic', { clientSecret }),
    accountOf('jwt', certificate(files)),
    accountOf('app-post', { ...microsoft, scopes: [...microsoft.scopes] }),
  ]
  for (const account of accounts) {
    const { accessToken, expiresAt, scopes } = await fetchToken(account)
    assert.equal(await server.appOf(accessToken.reveal()), account.clientId)
    assert.deepEqual(scopes, account.scopes)
    assert.ok(expiresAt > Date.now())
    const second = await fetchToken(account)
    assert.notEqual(second.accessToken.reveal(), accessToken.reveal(), 'nothing is cached')
  }
})

test('a certificate that the server does not know is for the operator', async () => {
  const other = await createClientCertificate()
  await assert.rejects(
    fetchToken(accountOf('jwt', certificate(other))),
    expectedError(
      'provider_rejected',
      'a certificate that the server does not know is for the operator',
      { user: 'user@example.com' },
    ),
  )
  other.remove()
})

test('a wrong secret and a client that may not ask for itself are for the operator', async () => {
  const wrong = { clientSecret: { from: 'inline', value: 'wrong' } } as const
  await assert.rejects(
    fetchToken(accountOf('app-basic', wrong)),
    expectedError('provider_rejected', 'a wrong secret', { said: 'invalid_client' }),
  )
  await assert.rejects(
    fetchToken(accountOf('basic', { clientSecret })),
    expectedError(
      'provider_rejected',
      'a wrong secret and a client that may not ask for itself are for the operator',
      { user: 'user@example.com', words: 'requested grant type is not allowed for this client' },
    ),
  )
})
