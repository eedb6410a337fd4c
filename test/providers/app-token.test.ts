/** Tokens by the client's own credentials: what each provider is sent, and what its refusals mean. */
import assert from 'node:assert/strict'
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  X509Certificate,
} from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { globalAgent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { Account } from '../../src/accounts/account.ts'
import type { CmsOauthError } from '../../src/errors.ts'
import { findProvider } from '../../src/providers/find-provider.ts'
import type { IssuedToken } from '../../src/providers/provider.ts'
import { testAccount } from '../support/accounts.ts'
import {
  type ClientCertificateFiles,
  createClientCertificate,
} from '../support/client-certificate.ts'
import { decodeJwt } from '../support/decode-jwt.ts'
import {
  type ReceivedForm,
  type ScriptedServer,
  startScriptedServer,
} from '../support/scripted-server.ts'

const signal = AbortSignal.timeout(60_000)
const user = 'user@example.com'
const good = { access_token: 'the-app-token', token_type: 'Bearer', expires_in: 3_600 }
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

let server: ScriptedServer
let rsa: ClientCertificateFiles
let ec: ClientCertificateFiles
let directory: string

before(async () => {
  server = await startScriptedServer()
  globalAgent.options.ca = server.certificates.ca
  rsa = await createClientCertificate()
  ec = await createClientCertificate('ec')
  directory = mkdtempSync(join(tmpdir(), 'app-token-'))
})
after(async () => {
  await server.close()
  rsa.remove()
  ec.remove()
  rmSync(directory, { recursive: true })
})
beforeEach(() => {
  server.received.length = 0
})

const secret = { clientSecret: { from: 'inline', value: 'canary-secret' } } as const

function certificateOf(files: ClientCertificateFiles): Partial<Account> {
  const { certificateFile: path, keyFile } = files
  return { clientCertificate: { path, key: { from: 'file', path: keyFile } } }
}

function microsoft(changes: Partial<Account>): Account {
  return testAccount({
    provider: 'office365',
    clientId: 'the-client',
    grant: 'client_credentials',
    authority: `${server.url}/contoso.example`,
    scopes: ['https://outlook.office365.com/.default'],
    ...changes,
  })
}

function oidc(changes: Partial<Account>): Account {
  const common = {
    clientId: 'the-client',
    grant: 'client_credentials',
    authority: server.url,
  } as const
  return testAccount({ ...common, ...changes })
}

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

async function fetchToken(account: Account): Promise<IssuedToken> {
  return (await findProvider(account.provider)).fetchAppToken(account, signal)
}

/** Has the server answer well, and gives what it was sent. */
async function sentBy(account: Account): Promise<ReceivedForm> {
  server.answer({ status: 200, body: good })
  const { accessToken, expiresAt, scopes } = await fetchToken(account)
  assert.equal(accessToken.reveal(), 'the-app-token')
  assert.ok(Math.abs(expiresAt - Date.now() - 3_600_000) < 30_000)
  assert.deepEqual(scopes, account.scopes)
  const [received, ...others] = server.received
  assert.deepEqual(others, [])
  assert.match(received?.query ?? '', /^(client-request-id=[\w-]+)?$/, 'no secret in the URL')
  return received ?? assert.fail('nothing was sent')
}

function file(name: string, text: string, mode = 0o600): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

function jwtOf(claims: object): string {
  return ['{"alg":"RS256"}', JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')
}

function requireSoonExpired({ iat, exp }: Record<string, unknown>, lifetimeS: number): void {
  const now = Date.now() / 1_000
  assert.ok(Number(iat) <= now + 1 && Number(iat) > now - 120, `iat ${String(iat)}`)
  assert.ok(Number(exp) > now && Number(exp) <= now + lifetimeS + 5, `exp ${String(exp)}`)
}

describe('office365', () => {
  test('a secret goes with the .default scope to the tenant', async () => {
    const { path, form, authorization } = await sentBy(microsoft(secret))
    assert.equal(path, '/contoso.example/oauth2/v2.0/token')
    assert.equal(authorization, undefined)
    assert.equal(form.get('grant_type'), 'client_credentials')
    assert.equal(form.get('client_id'), 'the-client')
    assert.equal(form.get('client_secret'), 'canary-secret')
    const asked = form.get('scope')?.split(' ') ?? []
    assert.ok(asked.includes('https://outlook.office365.com/.default'))
    assert.ok(!asked.includes('offline_access'))
  })

  test('a certificate signs an assertion for the tenant, named by its SHA-256 thumbprint', async () => {
    const { form } = await sentBy(microsoft(certificateOf(rsa)))
    assert.equal(form.get('client_secret'), null)
    assert.equal(form.get('client_assertion_type'), assertionType)
    const { header, claims } = decodeJwt(form.get('client_assertion') ?? '', rsa.certificate)
    const thumbprint = new X509Certificate(rsa.certificate).fingerprint256.replaceAll(':', '')
    assert.equal(header['alg'], 'PS256')
    assert.equal(header['x5t#S256'], Buffer.from(thumbprint, 'hex').toString('base64url'))
    assert.equal(claims['aud'], `${server.url}/contoso.example/oauth2/v2.0/token`)
    assert.deepEqual([claims['iss'], claims['sub']], ['the-client', 'the-client'])
    requireSoonExpired(claims, 600)
  })

  test('an assertion of a platform is sent as it stands, read anew each time', async () => {
    const first = jwtOf({ sub: 'workload', n: 1 })
    const path = file('assertion', `${first}\n`)
    const account = microsoft({ clientAssertionFile: path })
    assert.equal((await sentBy(account)).form.get('client_assertion'), first)
    server.received.length = 0
    const second = jwtOf({ sub: 'workload', n: 2 })
    file('assertion', second)
    assert.equal((await sentBy(account)).form.get('client_assertion'), second)
  })

  test('a rotated secret and a rotated certificate are taken up at the next token', async () => {
    const secretFile = file('secret', 'first-secret\n')
    const bySecret = microsoft({ clientSecret: { from: 'file', path: secretFile } })
    assert.equal((await sentBy(bySecret)).form.get('client_secret'), 'first-secret')
    server.received.length = 0
    file('secret', 'second-secret\n')
    assert.equal((await sentBy(bySecret)).form.get('client_secret'), 'second-secret')

    const path = file('rotating.pem', rsa.certificate, 0o644)
    const key = file('rotating.key', rsa.key)
    const byCertificate = microsoft({
      clientCertificate: { path, key: { from: 'file', path: key } },
    })
    server.received.length = 0
    await sentBy(byCertificate)
    const next = await createClientCertificate()
    file('rotating.pem', next.certificate, 0o644)
    file('rotating.key', next.key)
    next.remove()
    server.received.length = 0
    const { form } = await sentBy(byCertificate)
    decodeJwt(form.get('client_assertion') ?? '', next.certificate)
  })

  test('an EC key is refused here, in words, before anything is sent', async () => {
    await assert.rejects(fetchToken(microsoft(certificateOf(ec))), {
      code: 'config_invalid',
      message: 'the client key is of the kind "ec", not RSA',
      hint: /Microsoft takes RSA alone/,
    })
    assert.deepEqual(server.received, [])
  })

  test('what only an administrator ends is for the operator, never a sign-in', async () => {
    const cases: [number, string, string, RegExp][] = [
      [7000215, 'invalid_client', 'the client secret is wrong', /not its ID/],
      [7000222, 'invalid_client', 'the client secret has ended', /make a new client secret/],
      [700027, 'invalid_client', 'the client certificate is not one', /upload the certificate/],
      [700016, 'unauthorized_client', 'the application is unknown', /client_id and tenant/],
    ]
    for (const [number, error, meaning, hint] of cases) {
      const body = {
        error,
        error_description: `AADSTS${number}: words of Microsoft's. Trace ID: 1`,
        error_codes: [number],
      }
      server.answer({ status: 401, body })
      await assert.rejects(fetchToken(microsoft(secret)), (refusal: CmsOauthError) => {
        assert.equal(refusal.code, 'provider_rejected')
        assert.ok(refusal.message.includes(meaning), refusal.message)
        assert.match(refusal.hint, hint)
        assert.ok('answer' in refusal && refusal.answer.aadsts === number)
        return true
      })
    }
  })

  test('a refusal that repeats secret or assertion is told without them', async () => {
    for (const account of [microsoft(secret), microsoft(certificateOf(rsa))]) {
      server.answer({ status: 400, body: { error: 'invalid_client', error_description: '' } })
      await assert.rejects(fetchToken(account))
      const { form } = server.received.at(-1) ?? assert.fail()
      const sent = form.get('client_secret') ?? form.get('client_assertion') ?? assert.fail()
      server.answer({
        status: 400,
        body: { error: 'invalid_client', error_description: `no good: canary-secret ${sent}` },
      })
      await assert.rejects(fetchToken(account), (error: Error) => {
        assert.doesNotMatch(error.message, sent === 'canary-secret' ? /canary/ : /eyJ[\w-]{20}/)
        return true
      })
    }
  })

  test('429 and 503 pass by themselves here too', async () => {
    server.answer({ status: 429, headers: { 'retry-after': '120' } }, { status: 503 })
    await assert.rejects(fetchToken(microsoft(secret)), {
      code: 'provider_unavailable',
      retryAfterMs: 120_000,
    })
    await assert.rejects(fetchToken(microsoft(secret)), { code: 'provider_unavailable' })
  })
})

describe('oidc', () => {
  test('a secret goes as the server wants it, and nobody is signed in', async () => {
    const { form, authorization, path } = await sentBy(oidc(secret))
    const basic = `Basic ${Buffer.from('the-client:canary-secret').toString('base64')}`
    assert.deepEqual([path, authorization], ['/token', basic])
    assert.equal(form.toString(), 'grant_type=client_credentials&scope=mail')
    server.received.length = 0
    const body = {
      issuer: server.url,
      token_endpoint: `${server.url}/token`,
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    }
    server.answerDiscovery({ status: 200, body })
    const post = await sentBy(oidc({ ...secret, scopes: [] }))
    assert.equal(post.authorization, undefined)
    assert.equal(
      post.form.toString(),
      'grant_type=client_credentials&client_id=the-client&client_secret=canary-secret',
    )
  })

  test('a certificate signs an assertion for the token endpoint, RSA or EC', async () => {
    for (const [files, alg] of [
      [rsa, 'RS256'],
      [ec, 'ES256'],
    ] as const) {
      server.received.length = 0
      const { form, authorization } = await sentBy(oidc(certificateOf(files)))
      assert.equal(authorization, undefined)
      assert.equal(form.get('client_id'), 'the-client')
      assert.equal(form.get('client_assertion_type'), assertionType)
      const { header, claims } = decodeJwt(form.get('client_assertion') ?? '', files.certificate)
      const digest = new X509Certificate(files.certificate).fingerprint256.replaceAll(':', '')
      assert.deepEqual(header, {
        typ: 'JWT',
        alg,
        'x5t#S256': Buffer.from(digest, 'hex').toString('base64url'),
      })
      const { iss, sub, aud, jti } = claims
      assert.deepEqual([iss, sub, aud], ['the-client', 'the-client', `${server.url}/token`])
      assert.match(String(jti), /^[0-9a-f-]{36}$/)
      requireSoonExpired(claims, 300)
    }
  })

  test('a server that names its algorithms gets one of them, or the operator is told', async () => {
    const metadata = (algorithms: string[]) => ({
      status: 200,
      body: {
        issuer: server.url,
        token_endpoint: `${server.url}/token`,
        token_endpoint_auth_signing_alg_values_supported: algorithms,
      },
    })
    server.answerDiscovery(metadata(['ES256', 'PS256']))
    const { form } = await sentBy(oidc(certificateOf(rsa)))
    const { header } = decodeJwt(form.get('client_assertion') ?? '', rsa.certificate)
    assert.equal(header['alg'], 'PS256')
    server.answerDiscovery(metadata(['RS256']))
    await assert.rejects(fetchToken(oidc(certificateOf(ec))), {
      code: 'config_invalid',
      message: 'the client key is of a kind that the provider does not take',
      hint: 'make an RSA key of 2048 bits or more, for RS256',
    })
  })

  test('an assertion file serves as well', async () => {
    const assertion = jwtOf({ sub: 'workload' })
    const path = file('oidc-assertion', assertion)
    const { form } = await sentBy(oidc({ clientAssertionFile: path }))
    assert.equal(form.get('client_assertion'), assertion)
  })

  test('a token endpoint alone is enough', async () => {
    const { authority: _, ...account } = oidc(secret)
    server.requests.length = 0
    await sentBy({ ...account, endpoints: { token: `${server.url}/token` } })
    assert.deepEqual(server.requests, ['POST /token'])
  })
})

describe('gmail', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const key = {
    type: 'service_account',
    client_email: 'mail@project.iam.gserviceaccount.com',
    private_key: pem,
    token_uri: 'https://oauth2.googleapis.com/token',
  }

  test('a service account asserts itself in the name of the user, at the endpoint named', async () => {
    const { form, path } = await sentBy(google(file('key.json', JSON.stringify(key))))
    assert.equal(path, '/token')
    assert.equal(form.get('grant_type'), 'urn:ietf:params:oauth:grant-type:jwt-bearer')
    const { header, claims } = decodeJwt(form.get('assertion') ?? '', publicPem)
    assert.equal(header['alg'], 'RS256')
    const { iss, sub, aud, scope } = claims
    assert.deepEqual(
      [iss, sub, aud, scope],
      [key.client_email, user, `${server.url}/token`, 'https://mail.google.com/'],
    )
    requireSoonExpired(claims, 3_600)
  })

  test('without an override it asks Google itself', async () => {
    const path = file('key.json', JSON.stringify(key))
    const account = { ...google(path), endpoints: {} }
    const aborted = AbortSignal.abort()
    const provider = await findProvider('gmail')
    await assert.rejects(provider.fetchAppToken(account, aborted), {
      message: '"oauth2.googleapis.com" cannot be reached: ABORT_ERR',
    })
  })

  test('a key that others may read is refused, a replaced one taken up', async () => {
    const path = file('key.json', JSON.stringify(key), 0o604)
    await assert.rejects(fetchToken(google(path)), {
      code: 'insecure_file_mode',
      message: `others may open the service account key "${path}"`,
      hint: `run "chmod go= ${path}"`,
    })
    file('key.json', JSON.stringify({ ...key, client_email: 'second@project.example' }))
    const { form } = await sentBy(google(path))
    const { claims } = decodeJwt(form.get('assertion') ?? '', publicPem)
    assert.equal(claims['iss'], 'second@project.example')
  })

  test('what is no key is named, and nothing of it told', async () => {
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
        assert.equal(error.message, `"${path}" is no key of a service account`)
        assert.match(error.hint, /Keys, Add key/)
        assert.equal(error.cause, undefined)
        return true
      })
    }
    assert.deepEqual(server.received, [])
  })

  test("Google's refusals name what to change, and never ask for a sign-in", async () => {
    const account = google(file('key.json', JSON.stringify(key)))
    const cases: [object, string, RegExp][] = [
      [
        { error: 'unauthorized_client', error_description: 'Client is unauthorized.' },
        `the provider refuses "${user}": unauthorized_client (Client is unauthorized.)`,
        /under "Domain-wide delegation" of the Admin console/,
      ],
      [
        { error: 'invalid_grant', error_description: 'Invalid email or User ID' },
        `the provider refuses "${user}": invalid_grant (Invalid email or User ID)`,
        /compare user with the addresses of the domain/,
      ],
    ]
    for (const [body, message, hint] of cases) {
      server.answer({ status: 400, body })
      await assert.rejects(fetchToken(account), { code: 'provider_rejected', message, hint })
    }
    assert.equal(server.received.length, cases.length, 'each asked once')
  })
})
