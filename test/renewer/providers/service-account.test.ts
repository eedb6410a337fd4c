/** Google's service accounts: what is asserted, what its refusals mean, how the key is read. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { globalAgent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Account } from '../../../src/accounts/account.ts'
import type { CmsOauthError } from '../../../src/errors.ts'
import { testAccount } from '../../support/accounts.ts'
import { decodeJwt } from '../../support/decode-jwt.ts'
import { assertSentence, expectedError } from '../../support/golden.ts'
import { type ScriptedServer, startScriptedServer } from '../../support/scripted-server.ts'
import { fetchToken, requireShortLived, sentBy } from './app-token-request.ts'

const user = 'user@example.com'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const key = {
  type: 'service_account',
  client_email: 'mail@project.iam.gserviceaccount.com',
  private_key: pem,
  token_uri: 'https://oauth2.googleapis.com/token',
}

let server: ScriptedServer
let directory: string

before(async () => {
  server = await startScriptedServer()
  globalAgent.options.ca = server.certificates.ca
  directory = mkdtempSync(join(tmpdir(), 'service-account-'))
})
after(async () => {
  await server.close()
  rmSync(directory, { recursive: true })
})

function google(path: string): Account {
  const { authority: _, ...account } = testAccount({
    provider: 'gmail',
    clientId: '',
    grant: 'service_account',
    scopes: ['https://mail.google.com/'],
    serviceAccountKey: { from: 'file', path },
    endpoints: { token: `${server.url}/token` },
  })
  return account
}

function file(name: string, text: string, mode = 0o600): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

test('a service account asserts itself in the name of the user, at the endpoint named', async () => {
  const { form, path } = await sentBy(server, google(file('key.json', JSON.stringify(key))))
  assert.equal(path, '/token')
  assert.equal(form.get('grant_type'), 'urn:ietf:params:oauth:grant-type:jwt-bearer')
  const { header, claims } = decodeJwt(form.get('assertion') ?? '', publicPem)
  assert.equal(header['alg'], 'RS256')
  const { iss, sub, aud, scope } = claims
  assert.deepEqual(
    [iss, sub, aud, scope],
    [key.client_email, user, `${server.url}/token`, 'https://mail.google.com/'],
  )
  requireShortLived(claims, 3_600)
})

test('without an override it asks Google itself', async () => {
  const path = file('key.json', JSON.stringify(key))
  const account = { ...google(path), endpoints: {} }
  await assert.rejects(
    fetchToken(account, AbortSignal.abort()),
    expectedError('provider_unavailable', 'Google itself', {
      host: 'oauth2.googleapis.com',
      errno: 'ABORT_ERR',
    }),
  )
})

test('a key that others may read is refused, a replaced one taken up', async () => {
  const path = file('key.json', JSON.stringify(key), 0o604)
  await assert.rejects(
    fetchToken(google(path)),
    expectedError(
      'insecure_file_mode',
      'a key that others may read is refused, a replaced one taken up',
      { path, change: process.getuid?.() === 0 ? 'g-w,o=' : 'go=' },
    ),
  )
  file('key.json', JSON.stringify({ ...key, client_email: 'second@project.example' }))
  const { form } = await sentBy(server, google(path))
  const { claims } = decodeJwt(form.get('assertion') ?? '', publicPem)
  assert.equal(claims['iss'], 'second@project.example')
})

test('what is not a key is named, and nothing of it told', async () => {
  const before = server.received.length
  const { private_key: _, ...without } = key
  for (const text of [
    '',
    '{',
    'canary',
    JSON.stringify(without),
    JSON.stringify({ ...key, private_key: 'canary' }),
    JSON.stringify({ ...key, type: 'authorized_user' }),
  ]) {
    const path = file('broken.json', text)
    await assert.rejects(fetchToken(google(path)), (error: CmsOauthError) => {
      assert.equal(error.code, 'config_invalid')
      assertSentence(error.message, 'what is not a key is named, and nothing of it told', { path })
      assert.match(error.hint, /Keys, Add key/)
      assert.equal(error.cause, undefined)
      return true
    })
  }
  assert.equal(server.received.length, before)
})

test("Google's refusals name what to change, and never ask for a sign-in", async () => {
  const account = google(file('key.json', JSON.stringify(key)))
  const before = server.received.length
  const cases: [what: string, { error: string; error_description: string }][] = [
    [
      'an application without delegation',
      { error: 'unauthorized_client', error_description: 'Client is unauthorized.' },
    ],
    [
      'an address without a mailbox',
      { error: 'invalid_grant', error_description: 'Invalid email or User ID' },
    ],
  ]
  for (const [what, body] of cases) {
    server.answer({ status: 400, body })
    const refusal = expectedError('provider_rejected', what, { user, error: body.error })
    await assert.rejects(fetchToken(account), refusal)
  }
  assert.equal(server.received.length - before, cases.length, 'each asked once')
})
