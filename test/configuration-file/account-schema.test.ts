import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountConfiguration } from '../../src/configuration/configuration.ts'
import { assertRefused, loadText } from './load-text.ts'

function toml(provider: string, keys = ''): string {
  return `[[account]]\nuser = "u@x"\nprovider = "${provider}"\nclient_id = "c"\n${keys}`
}

function accountOf(provider: string, keys: string): AccountConfiguration | undefined {
  return loadText(toml(provider, keys)).accounts[0]
}

test('every key of an account arrives', () => {
  const keys = `client_secret_command = ["pass", "show"]
login_hint = "d@x"
sasl_user = { SMTP = "d@x" }
redirect_uri = "http://localhost:8080"
`
  const common = {
    user: 'u@x',
    clientId: 'c',
    grant: 'authorization_code',
    clientSecret: { from: 'command', argv: ['pass', 'show'] },
    loginHint: 'd@x',
    saslUser: { SMTP: 'd@x' },
    redirectUri: 'http://localhost:8080',
  }
  const microsoft = 'tenant = "contoso.com"\ncloud = "china"\nauthority = "https://localhost:1"\n'
  assert.deepEqual(accountOf('office365', keys + microsoft), {
    provider: 'office365',
    ...common,
    tenant: 'contoso.com',
    cloud: 'china',
    authority: 'https://localhost:1',
  })
  const endpoints = ['authorization', 'token', 'revocation']
    .map((name) => `${name}_endpoint = "https://localhost/${name}?x"\n`)
    .join('')
  assert.deepEqual(
    accountOf('oidc', `${keys}${endpoints}scopes = ["mail", "a:b"]\npreset = "yahoo"`),
    {
      provider: 'oidc',
      ...common,
      authorizationEndpoint: 'https://localhost/authorization?x',
      tokenEndpoint: 'https://localhost/token?x',
      revocationEndpoint: 'https://localhost/revocation?x',
      scopes: ['mail', 'a:b'],
      preset: 'yahoo',
    },
  )
})

test('device codes need no page for a browser', () => {
  const endpoints = ['device_authorization', 'token']
    .map((name) => `${name}_endpoint = "https://localhost/${name}"\n`)
    .join('')
  const keys = `${endpoints}grant = "device_code"\nscopes = ["mail"]`
  assert.deepEqual(accountOf('oidc', keys), {
    user: 'u@x',
    provider: 'oidc',
    clientId: 'c',
    grant: 'device_code',
    saslUser: {},
    scopes: ['mail'],
    tokenEndpoint: 'https://localhost/token',
    deviceAuthorizationEndpoint: 'https://localhost/device_authorization',
  })
})

test('empty scopes are the default ones', () => {
  assert.equal(accountOf('office365', 'scopes = []')?.scopes, undefined)
})

test('each provider has the keys that it can use', () => {
  const endpoints = 'authorization_endpoint = "https://x"\ntoken_endpoint = "https://x"\n'
  const secret = 'client_secret_file = "/s"\n'
  const cases: [provider: string, keys: string, place: string, sentence: string][] = [
    ['gmail', '', '4: key "client_id"', 'gmail needs the client secret too'],
    ['gmail', `${secret}tenant = "t"`, '6: key "tenant"', 'is for provider office365 only'],
    ['gmail', `${secret}preset = "yahoo"`, '6: key "preset"', 'is for provider oidc only'],
    ['gmail', `${secret}authority = "https://x"`, '6: key "authority"', 'no authority for gmail'],
    ['gmail', `${secret}grant = "device_code"`, '6: key "grant"', 'no device code for gmail'],
    ['gmail', `${secret}cloud = "china"`, '6: key "cloud"', 'no cloud here'],
    ['oidc', 'preset = "aol"\ncloud = "eu"', '6: key "cloud"', 'no cloud here'],
    ['office365', 'cloud = "eu"', '5: key "cloud"', 'a cloud of Microsoft'],
    ['oidc', 'preset = "zoho"\ncloud = "global"', '6: key "cloud"', 'a cloud of the preset'],
    [
      'office365',
      'device_authorization_endpoint = "https://x"',
      '5: key "device_authorization_endpoint"',
      'is not for office365',
    ],
    [
      'office365',
      'token_endpoint = "https://x"',
      '5: key "token_endpoint"',
      'is not for office365',
    ],
    [
      'office365',
      'authority = "https://login.microsoftonline.com/common"',
      '5: key "authority"',
      'must be an origin',
    ],
    ['oidc', 'scopes = ["mail"]', '3: key "provider"', 'oidc needs authority'],
    ['oidc', endpoints, '3: key "provider"', 'oidc needs scopes'],
    ['oidc', `${endpoints}scopes = []`, '3: key "provider"', 'oidc needs scopes'],
  ]
  for (const [provider, keys, place, sentence] of cases) {
    assertRefused(toml(provider, keys), place, sentence)
  }
})

test('gmail gives device codes where the configuration says who does', () => {
  const keys =
    'client_secret_file = "/s"\ngrant = "device_code"\ndevice_authorization_endpoint = "https://x"'
  const account = accountOf('gmail', keys)
  assert.deepEqual(
    [account?.grant, account?.deviceAuthorizationEndpoint],
    ['device_code', 'https://x'],
  )
})

test('a secret has one source', () => {
  const keys = 'client_secret = "hunter2"\nclient_secret_file = "/s"'
  assertRefused(toml('office365', keys), '6: key "client_secret_file"', 'two sources', {
    other: '"client_secret"',
  })
})

test('an endpoint is https, and its URL holds no password and no fragment', () => {
  for (const url of ['http://x', 'https://u:hunter2@x', 'https://x/#a', 'x', 'https://']) {
    const keys = `authority = "${url}"`
    assertRefused(toml('office365', keys), '5: key "authority"', 'not such a URL')
  }
})

test('a scope is one word', () => {
  for (const scopes of ['["a b"]', '[""]', "['a\"']"]) {
    assertRefused(toml('office365', `scopes = ${scopes}`), '5: key "scopes"', 'not scopes')
  }
})
