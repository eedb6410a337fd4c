import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createAccount,
  needsSignIn,
  saslIdentity,
  signInOwner,
} from '../../src/accounts/account.ts'
import type { AccountConfiguration } from '../../src/configuration/configuration.ts'
import type { Protocol } from '../../src/sasl/output-format.ts'

function accountOf(
  changes: Partial<AccountConfiguration>,
  protocols: readonly Protocol[] = ['SMTP'],
) {
  const configuration: AccountConfiguration = {
    user: 'user@example.com',
    provider: 'office365',
    clientId: 'client',
    grant: 'authorization_code',
    saslUser: {},
    ...changes,
  }
  return createAccount(configuration, protocols)
}

test('office365 asks for what its protocols need, at the common tenant', () => {
  assert.deepEqual(accountOf({}, ['SMTP', 'IMAP', 'POP']), {
    user: 'user@example.com',
    provider: 'office365',
    clientId: 'client',
    grant: 'authorization_code',
    loginHint: 'user@example.com',
    saslUser: {},
    scopes: [
      'https://outlook.office.com/SMTP.Send',
      'https://outlook.office.com/IMAP.AccessAsUser.All',
      'https://outlook.office.com/POP.AccessAsUser.All',
    ],
    authority: 'https://login.microsoftonline.com/common',
    endpoints: {},
    redirectUri: 'http://localhost',
    issuer: 'https://login.microsoftonline.com',
    rotation: 'lenient',
  })
})

test('a refresh token is taken to be usable once at oidc, unless the configuration says otherwise', () => {
  const cases: [Partial<AccountConfiguration>, string][] = [
    [{ provider: 'gmail' }, 'lenient'],
    [{ provider: 'oidc', scopes: ['mail'] }, 'strict'],
    [{ provider: 'oidc', scopes: ['mail'], rotation: 'lenient' }, 'lenient'],
    [{ rotation: 'strict' }, 'strict'],
  ]
  for (const [changes, rotation] of cases) assert.equal(accountOf(changes).rotation, rotation)
})

test("Microsoft's clouds have authorities and scopes of their own", () => {
  const clouds = {
    'us-gov-high': ['https://login.microsoftonline.us/t', 'https://outlook.office365.us/SMTP.Send'],
    'us-gov-dod': [
      'https://login.microsoftonline.us/t',
      'https://outlook-dod.office365.us/SMTP.Send',
    ],
    china: ['https://login.partner.microsoftonline.cn/t', 'https://partner.outlook.cn/SMTP.Send'],
  } as const
  for (const [cloud, expected] of Object.entries(clouds)) {
    const account = accountOf({ cloud: cloud as keyof typeof clouds, tenant: 't' })
    assert.deepEqual([account.authority, ...account.scopes], [...expected])
  }
})

test('an application asks each cloud for what it was granted there', () => {
  const clouds = {
    global: ['https://login.microsoftonline.com/t', 'https://outlook.office365.com/.default'],
    'us-gov-high': ['https://login.microsoftonline.us/t', 'https://outlook.office365.us/.default'],
    'us-gov-dod': [
      'https://login.microsoftonline.us/t',
      'https://outlook-dod.office365.us/.default',
    ],
    china: ['https://login.partner.microsoftonline.cn/t', 'https://partner.outlook.cn/.default'],
  } as const
  for (const [cloud, expected] of Object.entries(clouds)) {
    const account = accountOf(
      { cloud: cloud as keyof typeof clouds, tenant: 't', grant: 'client_credentials' },
      ['SMTP', 'IMAP'],
    )
    assert.deepEqual([account.authority, ...account.scopes], [...expected])
    assert.equal(needsSignIn(account), false)
  }
})

test('any tenant may sign in, or those that are named', () => {
  for (const tenant of ['common', 'organizations', 'consumers', 'contoso.com', 'f8cd-ef31']) {
    const { authority } = accountOf({ tenant })
    assert.equal(authority, `https://login.microsoftonline.com/${tenant}`)
  }
})

test('a service account asks Google for mail, in the name of the user', () => {
  const serviceAccountKey = { from: 'credential', name: 'google' } as const
  const account = accountOf({
    provider: 'gmail',
    clientId: '',
    grant: 'service_account',
    serviceAccountKey,
  })
  assert.deepEqual(account.scopes, ['https://mail.google.com/'])
  assert.deepEqual(account.serviceAccountKey, serviceAccountKey)
  assert.equal(needsSignIn(account), false)
})

test('whose sign-in is used is said by the account', () => {
  const shared = accountOf({ signInWith: 'delegate@example.com' })
  assert.equal(signInOwner(shared), 'delegate@example.com')
  assert.equal(needsSignIn(shared), true)
  assert.equal(signInOwner(accountOf({})), 'user@example.com')
})

test('another authority keeps the tenant and is an issuer of its own', () => {
  const { authority, issuer } = accountOf({ authority: 'https://localhost:8443/', tenant: 't' })
  assert.equal(authority, 'https://localhost:8443/t')
  assert.equal(issuer, 'https://localhost:8443')
})

test('gmail asks for its one scope, at Google or at the endpoints named', () => {
  const plain = accountOf({ provider: 'gmail' }, ['SMTP', 'IMAP'])
  assert.deepEqual(plain.scopes, ['https://mail.google.com/'])
  assert.equal(plain.redirectUri, 'http://127.0.0.1')
  assert.equal(plain.issuer, 'gmail')
  assert.equal('authority' in plain, false)
  const named = accountOf({ provider: 'gmail', tokenEndpoint: 'https://localhost:8443/token' })
  assert.deepEqual(named.endpoints, { token: 'https://localhost:8443/token' })
  assert.equal(named.issuer, 'https://localhost:8443')
})

test('a preset gives endpoints and scopes, each once, and single endpoints override it', () => {
  const fastmail = accountOf({ provider: 'oidc', preset: 'fastmail' }, ['SMTP', 'IMAP'])
  assert.deepEqual(fastmail.scopes, [
    'https://www.fastmail.com/dev/protocol-smtp',
    'offline_access',
    'https://www.fastmail.com/dev/protocol-imap',
  ])
  assert.equal(fastmail.endpoints.token, 'https://api.fastmail.com/oauth/refresh')
  assert.equal(fastmail.issuer, 'https://api.fastmail.com')
  const tokenEndpoint = 'https://localhost:8443/token'
  const yahoo = accountOf({ provider: 'oidc', preset: 'yahoo', tokenEndpoint })
  assert.equal(yahoo.endpoints.token, tokenEndpoint)
  assert.equal(yahoo.issuer, 'https://localhost:8443')
  assert.equal(yahoo.endpoints.authorization, 'https://api.login.yahoo.com/oauth2/request_auth')
})

test('the issuer is where the refresh token goes, whatever the authority says of it', () => {
  const { issuer } = accountOf({
    provider: 'oidc',
    authority: 'https://issuer.example/realm',
    tokenEndpoint: 'https://token.example/here',
  })
  assert.equal(issuer, 'https://token.example')
})

test('what the configuration says is kept', () => {
  const configured = {
    provider: 'oidc',
    clientSecret: { from: 'inline', value: 'secret' },
    loginHint: 'delegate@example.com',
    saslUser: { SMTP: 'delegate@example.com' },
    scopes: ['mail'],
    authority: 'https://issuer.example/realm',
    redirectUri: 'http://127.0.0.1:8400/here',
  } as const
  const account = accountOf({ ...configured, scopes: [...configured.scopes] })
  const { loginHint, saslUser, scopes, authority, redirectUri, clientSecret } = account
  assert.deepEqual(
    { provider: 'oidc', clientSecret, loginHint, saslUser, scopes, authority, redirectUri },
    configured,
  )
  assert.equal(saslIdentity(account, 'SMTP'), 'delegate@example.com')
  assert.equal(saslIdentity(account, 'IMAP'), 'user@example.com')
})
