/** `import` with what other programs keep, and `export`, which there is not. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { parseForeignTokens } from '../../src/cli/foreign-token.ts'
import { runClient } from '../support/daemon.ts'
import { accountStatus, serveControl, temporaryHome } from './run-against.ts'

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
}

for (const [name, input] of Object.entries(shapes)) {
  test(`import takes ${name}, and prints nothing of it`, async (t) => {
    assert.deepEqual(await runImport(t, input), {
      status: 0,
      stdout: 'user@example.com: imported, and refreshed once\n',
      stderr: '',
      taken: [user, 'R3FRESH'],
    })
  })
}

test('the sign-in of who signs in for a shared mailbox is taken', async (t) => {
  const input = { email: 'Delegate@example.com', refresh_token: 'R3FRESH' }
  const { taken } = await runImport(t, input, { login_hint: 'delegate@example.com' })
  assert.deepEqual(taken, [user, 'R3FRESH'])
})

for (const [what, input, message] of [
  ['nothing', '', 'standard input holds no refresh token'],
  ['an empty line', '\n', 'standard input holds no refresh token'],
  [
    'JSON of another shape',
    '{"token":"S3CRET"}',
    'standard input is JSON of a shape that is not known',
  ],
  ['a list', '["S3CRET"]', 'standard input is JSON of a shape that is not known'],
  ['a JSON string', '"S3CRET"', 'standard input is JSON of a shape that is not known'],
  ['half of JSON', '{"refresh_token":"S3CR', 'standard input begins like JSON, and is none'],
  [
    'an empty token',
    '{"refresh_token":""}',
    'the refresh token in standard input is empty, or no token',
  ],
  [
    'an empty cache',
    '{"RefreshToken":{}}',
    'the refresh token in standard input is empty, or no token',
  ],
  [
    'armour',
    '-----BEGIN PGP MESSAGE-----\nS3CRET',
    'the refresh token in standard input is empty, or no token',
  ],
  [
    'an encrypted file',
    '\u0085\u0001\u000cS3CRET',
    'the refresh token in standard input is empty, or no token',
  ],
] as const) {
  test(`import refuses ${what}`, async (t) => {
    const { status, stdout, stderr, taken } = await runImport(t, input)
    assert.deepEqual({ status, stdout, taken }, { status: 64, stdout: '', taken: [] })
    assert.ok(stderr.startsWith(`cms-oauth: error: ${message}\ncms-oauth: hint: `), stderr)
    assert.ok(!stderr.includes('S3CR'))
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
    const [error, hint] = stderr.split('\n')
    assert.equal(error, `cms-oauth: error: standard input is the sign-in of ${owners}`)
    assert.match(
      hint ?? '',
      /^cms-oauth: hint: "user@example\.com" has the client_id "client", and /,
    )
    assert.ok(!stderr.includes('S3CRET'))
  })
}

test('an MSAL cache without the account names whom it has', async (t) => {
  const { status, stderr } = await runImport(t, msalCache(), { client_id: 'client-3' })
  assert.equal(status, 64)
  assert.match(
    stderr,
    /is the sign-in of "User@Example\.com" with client_id "client", .*of "other@example\.com" with/,
  )
  assert.ok(!stderr.includes('S3CRET'))
})

test('a cache whose parts are not what they should be holds no token', () => {
  for (const cache of [
    { RefreshToken: { a: 'x', b: [], c: null, d: { secret: 5 } } },
    { RefreshToken: { a: { secret: '' } }, Account: 'x' },
    { RefreshToken: { a: { secret: 'two words' } }, Account: { b: null } },
  ]) {
    assert.throws(() => parseForeignTokens(JSON.stringify(cache)), {
      code: 'usage',
      message: 'the refresh token in standard input is empty, or no token',
    })
  }
})

test('there is no export, on purpose', async (t) => {
  const home = await temporaryHome(t)
  assert.deepEqual(await runClient(home, ['export', user]), {
    status: 64,
    stdout: '',
    stderr:
      'cms-oauth: error: there is no command "export", on purpose: a refresh token never leaves the broker\n' +
      'cms-oauth: hint: let the other program ask the token socket; on another machine sign in anew, which ends nothing here\n',
  })
})
