import assert from 'node:assert/strict'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { installedProgram } from '../support/installed-program.ts'
import {
  assertRefused,
  fillExample,
  type Given,
  longToken,
  provideMailClientWorld,
  wrongs,
} from '../support/mail-client-world.ts'

const world = await provideMailClientWorld(longToken)

/** Synchronizes once with the example's file, filled in; resolves with the messages in the Maildir then. */
async function synchronize(given: Given) {
  const { dovecot, home, provider, user } = world
  const maildir = join(home.directory, 'Mail')
  for (const path of [maildir, join(home.directory, '.offlineimap')]) {
    await rm(path, { recursive: true, force: true })
  }
  const text = await fillExample('offlineimap3/offlineimaprc', {
    'user@domain': user,
    'outlook.office365.com': 'localhost',
    'remoteport = 993': `remoteport = ${dovecot.ports.imaps}`,
    '/etc/ssl/certs/ca-certificates.crt': provider.certificates.caFile,
  })
  const file = join(home.directory, 'offlineimaprc')
  await writeFile(file, text)
  const program = installedProgram('offlineimap', 'offlineimap3')
  const result = await world.run(program, ['-o', '-u', 'basic', '-c', file], { given })
  const found = await readdir(join(maildir, 'INBOX', 'new')).catch(() => [])
  const paths = found.map((name) => join(maildir, 'INBOX', 'new', name))
  return { ...result, messages: await Promise.all(paths.map((path) => readFile(path, 'utf8'))) }
}

test("offlineimap fetches by IMAP with a token as long as Microsoft's", async () => {
  const { status, stdout, stderr, messages, judged } = await synchronize('the right token')
  assert.equal(status, 0, stdout + stderr)
  await judged(/imap-login: Info: Login: user=<user@example\.com>, method=XOAUTH2/)
  assert.equal(messages.length, 1)
  assert.match(messages[0] ?? '', /\n\nfetched\n/)
})

for (const given of wrongs) {
  test(`offlineimap fetches nothing with ${given}`, async () => {
    const result = await synchronize(given)
    await assertRefused(result)
    assert.deepEqual(result.messages, [])
  })
}

test('offlineimap asks no server when there is no token, and shows why', async () => {
  const { status, stdout, stderr, messages } = await synchronize('no token')
  assert.notEqual(status, 0)
  assert.match(stdout + stderr, /cms-oauth: error: no account "nobody@example\.com"/)
  assert.deepEqual(messages, [])
})
