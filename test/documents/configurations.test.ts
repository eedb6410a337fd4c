/** Every configuration that a person may copy is taken by the real daemon's --check. */
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { accountKeys } from '../../src/configuration-file/account-schema.ts'
import type { AccountConfiguration } from '../../src/configuration/configuration.ts'
import { loadText } from '../configuration-file/load-text.ts'
import { createClientCertificate } from '../support/client-certificate.ts'
import { createHome, type Home, runProgram } from '../support/daemon.ts'
import { blocksOf, documents, root } from './documents.ts'

const daemon = join(root, 'bin', 'cms-oauthd.js')
const folder = join(root, 'examples', 'accounts')
const someAccount =
  '[[account]]\nuser = "user@domain.com"\nprovider = "office365"\nclient_id = "00000000-0000-0000-0000-000000000000"\n'

/** What says EDIT in every file that a person may copy, and what it may become. */
const placeholder = '00000000-0000-0000-0000-000000000000'
const edited = '11111111-2222-3333-4444-555555555555'

/** What the daemon says of an edited configuration whose secrets are where it names them. */
async function check(t: TestContext, copied: string) {
  const toml = copied.replaceAll(placeholder, edited)
  const home = await createHome()
  t.after(() => home.remove())
  await home.configure(toml)
  await writeSecrets(t, home, toml)
  const { status, stdout, stderr } = await runProgram(daemon, ['--check'], home.env)
  return { status, said: (stdout + stderr).replaceAll(home.configFile, 'FILE') }
}

async function writeSecrets(t: TestContext, home: Home, toml: string): Promise<void> {
  const certificate = await createClientCertificate()
  t.after(() => certificate.remove())
  const contents: Record<string, string> = {
    pem: certificate.certificate,
    key: certificate.key,
    json: JSON.stringify({
      type: 'service_account',
      client_email: 'robot@project.iam.gserviceaccount.com',
      private_key: certificate.key,
    }),
    secret: 'not a real one',
  }
  for (const [, name = '', kind = ''] of toml.matchAll(/^\w+ = "~\/([\w./-]+\.(\w+))"/gm)) {
    // The daemon makes it, and finds nothing else in its place.
    if (kind === 'sock') continue
    const path = join(home.directory, name)
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, contents[kind] ?? '', { mode: 0o600 })
  }
}

/** What is special of each file's last account. */
const accounts: Record<string, Partial<AccountConfiguration>> = {
  'aol.toml': { provider: 'oidc', preset: 'aol' },
  'fastmail.toml': { provider: 'oidc', preset: 'fastmail' },
  'gmail-notices.toml': { provider: 'gmail', grant: 'authorization_code' },
  'gmail-service-account.toml': { provider: 'gmail', grant: 'service_account' },
  'gmail.toml': { provider: 'gmail', grant: 'authorization_code' },
  'mailru.toml': { provider: 'oidc', preset: 'mailru' },
  'office365-application.toml': { provider: 'office365', grant: 'client_credentials' },
  'office365-cloud.toml': { provider: 'office365', cloud: 'us-gov-high' },
  'office365-notices.toml': { provider: 'office365', tenant: 'domain.com' },
  'office365-one-sign-in.toml': { provider: 'office365', signInWith: 'delegate@domain.com' },
  'office365-shared-mailbox.toml': { provider: 'office365', loginHint: 'delegate@domain.com' },
  'office365.toml': { provider: 'office365', grant: 'authorization_code' },
  'oidc-application.toml': { provider: 'oidc', grant: 'client_credentials' },
  'oidc.toml': { provider: 'oidc', authority: 'https://login.example.org' },
  'outlook.toml': { provider: 'office365', tenant: 'consumers' },
  'yahoo.toml': { provider: 'oidc', preset: 'yahoo' },
  'yandex.toml': { provider: 'oidc', preset: 'yandex' },
  'zoho.toml': { provider: 'oidc', preset: 'zoho', cloud: 'eu' },
}

/** How an account is tried: by a login, or by a notice. */
const trial =
  /^# Test: +(cms-oauth --user=\S+@\S+ --test-(smtp|imap)=\S+|echo .+ \| cms-oauth sendmail \S+)$/m

describe('the account file', () => {
  test('of each kind is in this list', () => {
    assert.deepEqual(readdirSync(folder).toSorted(), Object.keys(accounts))
  })

  for (const [name, wanted] of Object.entries(accounts)) {
    test(`${name} is a configuration, with comments that name keys`, async (t) => {
      const toml = readFileSync(join(folder, name), 'utf8')
      assert.deepEqual(await check(t, toml), { status: 0, said: 'FILE: ok\n' })
      const account = loadText(toml).accounts.at(-1)
      assert.deepEqual({ ...account, ...wanted }, account)
      const inComments = Array.from(toml.matchAll(/^# (\w+) = /gm), ([, key = '']) => key)
      assert.deepEqual(
        inComments.filter((key) => !(key in accountKeys)),
        [],
      )
      assert.match(toml, trial)
    })
  }
})

for (const path of documents) {
  const blocks = blocksOf(path, 'toml')
  if (blocks.length === 0) continue
  test(`every configuration in ${path} is one`, async (t) => {
    for (const block of blocks) {
      const toml = block.includes('[[account]]') ? block : `${someAccount}${block}`
      // Certificates and credentials are on a host of a fleet alone.
      if (loadText(toml.replaceAll(placeholder, edited)).store.kind === 'etcd') continue
      assert.deepEqual(await check(t, toml), { status: 0, said: 'FILE: ok\n' }, block)
    }
  })
}
