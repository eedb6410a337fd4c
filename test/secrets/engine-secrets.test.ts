/** What a connection to an engine is made with: read as the files are, and refused where it would not work. */
import assert from 'node:assert/strict'
import { randomBytes, X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { generate } from 'selfsigned'
import type { EtcdStoreConfiguration } from '../../src/configuration/configuration.ts'
import {
  readEnginePassword,
  readEngineTls,
  readTokenKey,
} from '../../src/secrets/engine-secrets.ts'
import { temporaryDirectory } from '../renewer/store/temporary-directory.ts'
import { testEtcdStore } from '../support/configurations.ts'
import { expectedError } from '../support/golden.ts'

interface Prepared {
  store: EtcdStoreConfiguration
  path: string
  keyPath: string
}

/** A store with a certificate in files; its subject is an organization unless it is said. */
async function prepare(
  t: TestContext,
  subject = [{ name: 'organizationName', value: 'cms-oauth' }],
  notAfterDate = new Date(Date.now() + 60_000),
): Promise<Prepared> {
  const directory = temporaryDirectory(t)
  const [path, keyPath] = [join(directory, 'c.pem'), join(directory, 'c.key')]
  const { private: key, cert } = await generate(subject, {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 120_000),
    notAfterDate,
  })
  writeFileSync(path, cert)
  writeFileSync(keyPath, key, { mode: 0o600 })
  return { store: testEtcdStore({ caFile: path, certificate: { path, keyPath } }), path, keyPath }
}

test('certificates and key are given as their files are', async (t) => {
  const { store, path, keyPath } = await prepare(t)
  assert.deepEqual(await readEngineTls(store), {
    ca: readFileSync(path),
    cert: readFileSync(path),
    key: readFileSync(keyPath),
  })
  assert.deepEqual(await readEngineTls(testEtcdStore()), {})
})

test('a certificate with a CommonName is refused', async (t) => {
  const { store, path } = await prepare(t, [{ name: 'commonName', value: 'relay1' }])
  await assert.rejects(
    readEngineTls(store),
    expectedError('config_invalid', 'a CommonName', { path, name: 'relay1' }),
  )
})

test('one that has expired is refused', async (t) => {
  const expired = new Date(Date.now() - 60_000)
  const { store, path } = await prepare(t, undefined, expired)
  const on = new X509Certificate(readFileSync(path)).validTo
  await assert.rejects(
    readEngineTls(store),
    expectedError('config_invalid', 'has expired', { path, on }),
  )
})

test('the key of another certificate is refused', async (t) => {
  const { store, path } = await prepare(t)
  const { keyPath } = await prepare(t)
  await assert.rejects(
    readEngineTls({ ...store, certificate: { path, keyPath } }),
    expectedError('config_invalid', 'of another certificate', { path }),
  )
})

test('a file that others may read is not taken for a key', async (t) => {
  const { store, path } = await prepare(t)
  // Of root, the group of a file is whom root gave it to.
  const change = process.getuid?.() === 0 ? 'g-w,o=' : 'go='
  await assert.rejects(
    readEngineTls({ ...store, certificate: { path, keyPath: path } }),
    expectedError('insecure_file_mode', 'a key that others may read', { path, change }),
  )
})

test('a password is the first line, a key of tokens has 32 bytes at least', async (t) => {
  const path = join(temporaryDirectory(t), 'secret')
  const write = (text: string | Buffer) => writeFileSync(path, text, { mode: 0o600 })
  write('a password\nand a note\n')
  assert.equal(await readEnginePassword({ from: 'file', path }), 'a password')
  const raw = randomBytes(32)
  write(raw)
  assert.deepEqual(await readTokenKey({ from: 'file', path }), raw)
  write(`${raw.toString('hex')}\n`)
  assert.equal(String(await readTokenKey({ from: 'file', path })), raw.toString('hex'))
  write('short\n')
  await assert.rejects(
    readTokenKey({ from: 'file', path }),
    expectedError('store_unreadable', 'too short', { path }),
  )
})
