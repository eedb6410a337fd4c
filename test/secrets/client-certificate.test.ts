import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { CmsOauthError } from '../../src/errors.ts'
import { readClientCertificate } from '../../src/secrets/client-certificate.ts'
import { testAccount } from '../support/accounts.ts'
import {
  type ClientCertificateFiles,
  createClientCertificate,
} from '../support/client-certificate.ts'
import { assertError, expectedError } from '../support/golden.ts'

let files: ClientCertificateFiles
before(async () => {
  files = await createClientCertificate()
})
after(() => files.remove())

function read(path = files.certificateFile, keyPath = files.keyFile) {
  const key = { from: 'file', path: keyPath } as const
  return readClientCertificate(testAccount({ clientCertificate: { path, key } }))
}

test('an account without a certificate has none', async () => {
  assert.equal(await readClientCertificate(testAccount()), undefined)
})

test('certificate and key belong together; a public certificate may be readable by all', async () => {
  const found = await read()
  assert.equal(found?.privateKey.asymmetricKeyType, 'rsa')
  assert.match(found.certificate.subject, /client of a test/)
})

test('a key of another certificate is refused', async () => {
  const other = await createClientCertificate()
  await assert.rejects(
    read(files.certificateFile, other.keyFile),
    expectedError('config_invalid', 'a key of another certificate is refused', {
      certificateFile: files.certificateFile,
    }),
  )
  other.remove()
})

test('a certificate that has ended is told with its day', async () => {
  const old = await createClientCertificate('rsa', new Date(Date.now() - 1_000))
  await assert.rejects(read(old.certificateFile, old.keyFile), (error: CmsOauthError) => {
    const day = /\w+ +\d+ [^"]* GMT/.exec(error.message)?.[0]
    const names = { path: old.certificateFile, day }
    assertError(error, 'config_invalid', 'a certificate that has expired', names)
    return true
  })
  old.remove()
})

test('a key that is encrypted, or none at all, is told without a byte of it', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const encrypted = privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'canary',
  })
  const path = `${files.keyFile}.broken`
  const cases: [string | Buffer, what: string][] = [
    [encrypted, 'encrypted'],
    ['canary', 'not one'],
    [files.certificate, 'not one'],
  ]
  for (const [text, what] of cases) {
    writeFileSync(path, text, { mode: 0o600 })
    await assert.rejects(read(files.certificateFile, path), (error: CmsOauthError) => {
      assertError(error, 'config_invalid', `a key that is ${what}`)
      assert.equal(error.cause, undefined)
      return true
    })
  }
})

test('a key that others may read, and a certificate that others may replace, are refused', async () => {
  chmodSync(files.keyFile, 0o604)
  await assert.rejects(
    read(),
    expectedError(
      'insecure_file_mode',
      'a key that others may read, and a certificate that others may replace, are refused',
      { keyFile: files.keyFile },
    ),
  )
  chmodSync(files.keyFile, 0o600)
  chmodSync(files.certificateFile, 0o646)
  await assert.rejects(
    read(),
    expectedError(
      'insecure_file_mode',
      'a key that others may read, and a certificate that others may replace, are refused (2)',
      { certificateFile: files.certificateFile },
    ),
  )
  chmodSync(files.certificateFile, 0o644)
})

test('what is not a certificate is named', async () => {
  await assert.rejects(
    read(files.keyFile),
    expectedError('config_invalid', 'what is not a certificate is named', {
      keyFile: files.keyFile,
    }),
  )
  await assert.rejects(
    read('/nowhere/client.pem'),
    expectedError('config_invalid', 'what is not a certificate is named (2)'),
  )
})
