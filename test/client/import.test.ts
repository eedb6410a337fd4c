/** `import` with what other programs keep, and `export`, which there is not. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { parseForeignTokens } from '../../src/client/parse-foreign-tokens.ts'
import { runClient } from '../support/daemon.ts'
import { accountStatus, serveControl, temporaryHome } from './run-against.ts'
import { assertResult, assertSentence, expectedError } from '../support/golden.ts'

const user = 'user@example.com'

/** What `import` printed and exited with, and what the daemon was given. */
async function runImport(t: TestContext, input: string | object, changes = {}) {
  const home = await temporaryHome(t)
  const taken: string[] = []
  await serveControl(t, home.controlSocket, {
    accounts: () => ({ version: '1', pid: 1, accounts: [accountStatus(changes)] }),
    importGrant: async (address, token) => {
      taken.push(address, token)
    },
  })
  const text = typeof input === 'string' ? input : JSON.stringify(input, undefined, 2)
  return { ...(await runClient(home, ['import', user], text)), taken }
}

function cacheEntry(home: string, client: string, secret: string, at: string) {
  return {
    [`${home}-login.microsoftonline.com-refreshtoken-${client}--`]: {
      credential_type: 'RefreshToken',
      secret,
      home_account_id: home,
      environment: 'login.microsoftonline.com',
      client_id: client,
      target: '',
      last_modification_time: at,
    },
  }
}

function cacheAccount(home: string, username: string) {
  return { [`${home}-login.microsoftonline.com-tenant`]: { home_account_id: home, username } }
}

/** As msal and msal-node write it: two accounts, two clients, and an older entry of ours. */
function msalCache(): object {
  return {
    AccessToken: { 'a-key': { secret: 'S3CRET-access' } },
    Account: {
      ...cacheAccount('1.t', 'other@example.com'),
      ...cacheAccount('2.t', 'User@Example.com'),
    },
    IdToken: {},
    RefreshToken: {
      ...cacheEntry('1.t', 'client', 'S3CRET-other', '1700000300'),
      ...cacheEntry('2.t', 'Client', 'R3FRESH', '1700000200'),
      ...cacheEntry('2.t', 'client-2', 'S3CRET-client', '1700000400'),
      '2.t-login.windows.net-refreshtoken-client--': {
        secret: 'S3CRET-old',
        home_account_id: '2.t',
        client_id: 'client',
        last_modification_time: '1700000100',
      },
    },
    AppMetadata: {},
  }
}

/** As email-oauth2-proxy writes its file, with these lines in the section of the account. */
function emailproxy(...lines: string[]): string {
  return [
    '[Email OAuth 2.0 Proxy configuration file]',
    'documentation = the sections below',
    '\trefresh_token = not here',
    '',
    '[IMAP-1993]',
    'server_address = outlook.office365.com',
    '',
    '[user@example.com]',
    'permission_url = https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    'client_id = client',
    'redirect_uri = http://localhost',
    ...lines,
    '',
    '[other@example.com]',
    'client_id = client',
    'refresh_token = S3CRET',
    '',
  ].join('\r\n')
}

const shapes: Record<string, string | object> = {
  'the first line': ' R3FRESH \nuser: x\n',
  'a token without an end of line': 'R3FRESH',
  "a token endpoint's answer": { access_token: 'S3CRET', refresh_token: 'R3FRESH' },
  "mutt_oauth2.py's file": {
    registration: 'microsoft',
    authflow: 'devicecode',
    email: 'user@example.com',
    access_token: 'S3CRET',
    access_token_expiration: '2026-01-01T00:00:00',
    refresh_token: 'R3FRESH',
  },
  "sasl-xoauth2's file": {
    access_token: 'S3CRET',
    client_id: 'client',
    client_secret: 'S3CRET',
    expiry: '1700000000',
    refresh_token: 'R3FRESH',
    user: 'user@example.com',
  },
  'oama show': [
    'email: user@example.com',
    'service: microsoft',
    'scope: https://outlook.office.com/SMTP.Send offline_access',
    'refresh_token: R3FRESH',
    'access_token: S3CRET',
    'token_type: Bearer',
    'exp_date: 2026-01-01 00:00 UTC\n',
  ].join('\n'),
  "oama's record": { email: 'user@example.com', service: 'google', refresh_token: 'R3FRESH' },
  'an MSAL cache': msalCache(),
  'what "jq .refresh_token" prints': '"R3FRESH"\n',
  'refresh_token=X': 'refresh_token=R3FRESH\n',
  "a shell's file": "# mail\nexport REFRESH_TOKEN='R3FRESH'\nexport CLIENT_ID=client\n",
  "Google's token.json": {
    token: 'S3CRET',
    refresh_token: 'R3FRESH',
    token_uri: 'https://oauth2.googleapis.com/token',
    client_id: 'client',
    client_secret: 'S3CRET',
    scopes: ['https://mail.google.com/'],
    universe_domain: 'googleapis.com',
    account: '',
    expiry: '2026-01-01T00:00:00Z',
  },
  "lieer's file, as oauth2client wrote it": {
    access_token: 'S3CRET',
    client_id: 'client',
    refresh_token: 'R3FRESH',
    id_token: null,
    token_response: { access_token: 'S3CRET', refresh_token: 'S3CRET-first' },
    _class: 'OAuth2Credentials',
  },
  "getmail6's file": { user: 'user@example.com', client_id: 'client', refresh_token: 'R3FRESH' },
  "Nodemailer's settings": {
    host: 'smtp.example.com',
    auth: { type: 'OAuth2', user: 'user@example.com', clientId: 'client', refreshToken: 'R3FRESH' },
  },
  "ADAL's cache": [
    { _clientId: 'client', userId: 'other@example.com', refreshToken: 'S3CRET' },
    { _clientId: 'client', userId: 'User@example.com', refreshToken: 'R3FRESH' },
  ],
  'tokens by address': {
    'other@example.com': { refresh_token: 'S3CRET' },
    'user@example.com': { tokens: { refresh_token: 'R3FRESH' } },
  },
  "offlineimap's configuration": [
    '[Account work]',
    '[Repository other]',
    'remoteuser = other@example.com',
    'oauth2_refresh_token = S3CRET',
    '[Repository mine]',
    'remoteuser = user@example.com',
    'oauth2_client_id = client',
    'oauth2_refresh_token = R3FRESH\n',
  ].join('\n'),
  'email-oauth2-proxy, not encrypted': emailproxy('refresh_token = R3FRESH'),
}

for (const [name, input] of Object.entries(shapes)) {
  test(`import takes ${name}, and prints nothing of it`, async (t) => {
    const { taken, ...result } = await runImport(t, input)
    assertResult(result, 0, 'an import', { user })
    assert.deepEqual(taken, [user, 'R3FRESH'])
  })
}

test('the sign-in of who signs in for a shared mailbox is taken', async (t) => {
  const input = { email: 'Delegate@example.com', refresh_token: 'R3FRESH' }
  const { taken } = await runImport(t, input, { login_hint: 'delegate@example.com' })
  assert.deepEqual(taken, [user, 'R3FRESH'])
})

for (const [what, input] of [
  ['nothing', ''],
  ['an empty line', '\n'],
  ['JSON of another shape', '{"token":"S3CRET"}'],
  ['a list', '["S3CRET"]'],
  ['what jq prints of what is not there', 'null\n'],
  ['another assignment', 'access_token=S3CRET\n'],
  ['a file of sections without one', '[user@example.com]\naccess_token = S3CRET\n'],
  ['a registration of Google', '{"installed":{"client_id":"client","client_secret":"S3CRET"}}'],
  ['an empty JSON string', '""'],
  ['half of JSON', '{"refresh_token":"S3CR'],
  ['an empty token', '{"refresh_token":""}'],
  ['an empty cache', '{"RefreshToken":{}}'],
  ['armour', '-----BEGIN PGP MESSAGE-----\nS3CRET'],
  ['a file of age', 'age-encryption.org/v1\n-> X25519 S3CRET'],
  ['control characters', '\u0085\u0001\u000cS3CRET'],
] as const) {
  test(`import refuses ${what}`, async (t) => {
    const result = await runImport(t, input)
    assert.deepEqual([result.stdout, result.taken], ['', []])
    assertResult(result, 64, `import refuses ${what}`)
    assert.match(result.stderr, /^cms-oauth: error: .+\ncms-oauth: hint: /)
    assert.ok(!result.stderr.includes('S3CR'))
  })
}

for (const [what, input, owners] of [
  ['another address', { email: 'x@example.com', refresh_token: 'S3CRET' }, '"x@example.com"'],
  [
    'another client',
    { user, client_id: 'client-2', refresh_token: 'S3CRET' },
    '"user@example.com" with client_id "client-2"',
  ],
] as const) {
  test(`import refuses the token of ${what}`, async (t) => {
    const { status, stderr, taken } = await runImport(t, input)
    assert.deepEqual({ status, taken }, { status: 64, taken: [] })
    assertSentence(stderr, `import refuses the token of ${what}`, { owners })
    assert.ok(!stderr.includes('S3CRET'))
  })
}

test('import says of an encrypted token what to do instead', async (t) => {
  const lines = ['token_salt = c2FsdA==', 'refresh_token = gAAAAABS3CRET']
  const { status, stdout, stderr, taken } = await runImport(t, emailproxy(...lines))
  assert.deepEqual({ status, stdout, taken }, { status: 64, stdout: '', taken: [] })
  assertSentence(stderr, 'import says of an encrypted token what to do instead', {
    user: 'user@example.com',
  })
  assert.ok(!stderr.includes('S3CRET'))
})

test('import reads no more than a file of tokens has', async (t) => {
  const { status, stdout, stderr, taken } = await runImport(t, 'S3CRET'.repeat(1_000_000))
  assert.deepEqual({ status, stdout, taken }, { status: 64, stdout: '', taken: [] })
  assertSentence(stderr, 'import reads no more than a file of tokens has')
  assert.ok(!stderr.includes('S3CRET'))
})

test('an MSAL cache without the account names whom it has', async (t) => {
  const { status, stderr } = await runImport(t, msalCache(), { client_id: 'client-3' })
  assert.equal(status, 64)
  assertSentence(stderr, 'an MSAL cache without the account names whom it has', {
    first: '"User@Example.com"',
    second: '"other@example.com"',
    clientId: '"client"',
  })
  assert.ok(!stderr.includes('S3CRET'))
})

test('a cache whose parts are not what they should be holds no token', () => {
  for (const cache of [
    { RefreshToken: { a: 'x', b: [], c: null, d: { secret: 5 } } },
    { RefreshToken: { a: { secret: '' } }, Account: 'x' },
    { RefreshToken: { a: { secret: 'two words' } }, Account: { b: null } },
  ]) {
    const parse = () => parseForeignTokens(JSON.stringify(cache))
    assert.throws(parse, expectedError('usage', 'a cache without a token'))
  }
})

test('there is no export, on purpose', async (t) => {
  const home = await temporaryHome(t)
  assertResult(await runClient(home, ['export', user]), 64, 'there is no export, on purpose', {
    name: 'export',
  })
})
