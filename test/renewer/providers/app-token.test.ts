/** Tokens by the client's own credentials: what each provider is sent, and what its refusals mean. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { globalAgent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Account } from '../../../src/accounts/account.ts'
import type { CmsOauthError } from '../../../src/errors.ts'
import { testAccount } from '../../support/accounts.ts'
import {
  type ClientCertificateFiles,
  createClientCertificate,
} from '../../support/client-certificate.ts'
import { decodeJwt } from '../../support/decode-jwt.ts'
import { assertError, expectedError } from '../../support/golden.ts'
import { type ScriptedServer, startScriptedServer } from '../../support/scripted-server.ts'
import { fetchToken, requireShortLived, sentBy } from './app-token-request.ts'

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

describe('office365', () => {
  test('a secret is sent with the .default scope to the tenant', async () => {
    const { path, form, authorization } = await sentBy(server, microsoft(secret))
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
    const { form } = await sentBy(server, microsoft(certificateOf(rsa)))
    assert.equal(form.get('client_secret'), null)
    assert.equal(form.get('client_assertion_type'), assertionType)
    const { header, claims } = decodeJwt(form.get('client_assertion') ?? '', rsa.certificate)
    const thumbprint = new X509Certificate(rsa.certificate).fingerprint256.replaceAll(':', '')
    assert.equal(header['alg'], 'PS256')
    assert.equal(header['x5t#S256'], Buffer.from(thumbprint, 'hex').toString('base64url'))
    assert.equal(claims['aud'], `${server.url}/contoso.example/oauth2/v2.0/token`)
    assert.deepEqual([claims['iss'], claims['sub']], ['the-client', 'the-client'])
    requireShortLived(claims, 600)
  })

  test('an assertion of a platform is sent as it stands, read again each time', async () => {
    const first = jwtOf({ sub: 'workload', n: 1 })
    const path = file('assertion', `${first}\n`)
    const account = microsoft({ clientAssertionFile: path })
    assert.equal((await sentBy(server, account)).form.get('client_assertion'), first)
    const second = jwtOf({ sub: 'workload', n: 2 })
    file('assertion', second)
    assert.equal((await sentBy(server, account)).form.get('client_assertion'), second)
  })

  test('a rotated secret and a rotated certificate are taken up at the next token', async () => {
    const secretFile = file('secret', 'first-secret\n')
    const bySecret = microsoft({ clientSecret: { from: 'file', path: secretFile } })
    assert.equal((await sentBy(server, bySecret)).form.get('client_secret'), 'first-secret')
    file('secret', 'second-secret\n')
    assert.equal((await sentBy(server, bySecret)).form.get('client_secret'), 'second-secret')

    const path = file('rotating.pem', rsa.certificate, 0o644)
    const key = file('rotating.key', rsa.key)
    const byCertificate = microsoft({
      clientCertificate: { path, key: { from: 'file', path: key } },
    })
    await sentBy(server, byCertificate)
    const next = await createClientCertificate()
    file('rotating.pem', next.certificate, 0o644)
    file('rotating.key', next.key)
    next.remove()
    const { form } = await sentBy(server, byCertificate)
    decodeJwt(form.get('client_assertion') ?? '', next.certificate)
  })

  test('an EC key is refused here, in words, before anything is sent', async () => {
    const before = server.received.length
    await assert.rejects(
      fetchToken(microsoft(certificateOf(ec))),
      expectedError(
        'config_invalid',
        'an EC key is refused here, in words, before anything is sent',
      ),
    )
    assert.equal(server.received.length, before)
  })

  test('what only an administrator ends is for the operator, never a sign-in', async () => {
    const cases: [number, string][] = [
      [7000215, 'invalid_client'],
      [7000222, 'invalid_client'],
      [700027, 'invalid_client'],
      [700016, 'unauthorized_client'],
    ]
    for (const [number, error] of cases) {
      const body = {
        error,
        error_description: `AADSTS${number}: words of Microsoft's. Trace ID: 1`,
        error_codes: [number],
      }
      server.answer({ status: 401, body })
      await assert.rejects(fetchToken(microsoft(secret)), (refusal: CmsOauthError) => {
        const names = { number: `AADSTS${number}` }
        assertError(refusal, 'provider_rejected', `what the operator ends: ${number}`, names)
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

  test('429 and 503 are temporary here too', async () => {
    server.answer({ status: 429, headers: { 'retry-after': '120' } }, { status: 503 })
    await assert.rejects(fetchToken(microsoft(secret)), {
      code: 'provider_unavailable',
      retryAfterMs: 120_000,
    })
    await assert.rejects(fetchToken(microsoft(secret)), { code: 'provider_unavailable' })
  })
})

describe('oidc', () => {
  test('a secret goes as the server requires it, and nobody is signed in', async () => {
    const { form, authorization, path } = await sentBy(server, oidc(secret))
    const basic = `Basic ${Buffer.from('the-client:canary-secret').toString('base64')}`
    assert.deepEqual([path, authorization], ['/token', basic])
    assert.equal(form.toString(), 'grant_type=client_credentials&scope=mail')
    const body = {
      issuer: server.url,
      token_endpoint: `${server.url}/token`,
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    }
    server.answerDiscovery({ status: 200, body })
    const post = await sentBy(server, oidc({ ...secret, scopes: [] }))
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
      const { form, authorization } = await sentBy(server, oidc(certificateOf(files)))
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
      requireShortLived(claims, 300)
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
    const { form } = await sentBy(server, oidc(certificateOf(rsa)))
    const { header } = decodeJwt(form.get('client_assertion') ?? '', rsa.certificate)
    assert.equal(header['alg'], 'PS256')
    server.answerDiscovery(metadata(['RS256']))
    await assert.rejects(
      fetchToken(oidc(certificateOf(ec))),
      expectedError(
        'config_invalid',
        'a server that names its algorithms gets one of them, or the operator is told',
      ),
    )
  })

  test('an assertion file serves as well', async () => {
    const assertion = jwtOf({ sub: 'workload' })
    const path = file('oidc-assertion', assertion)
    const { form } = await sentBy(server, oidc({ clientAssertionFile: path }))
    assert.equal(form.get('client_assertion'), assertion)
  })

  test('a token endpoint alone is enough', async () => {
    const { authority: _, ...account } = oidc(secret)
    server.requests.length = 0
    await sentBy(server, { ...account, endpoints: { token: `${server.url}/token` } })
    assert.deepEqual(server.requests, ['POST /token'])
  })
})
