import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
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

/** Fetches with the example's file, filled in; resolves with what is in the Maildir then. */
async function fetch(given: Given) {
  const { dovecot, home, provider, user } = world
  const maildir = join(home.directory, 'Mail')
  await rm(maildir, { recursive: true, force: true })
  await rm(join(home.directory, '.mpop_uidls'), { recursive: true, force: true })
  for (const part of ['cur', 'new', 'tmp']) await mkdir(join(maildir, part), { recursive: true })
  const text = await fillExample('mpop/mpoprc', {
    'user@domain': user,
    'outlook.office365.com': 'localhost',
    'port 995': `port ${dovecot.ports.pops}`,
    '/etc/ssl/certs/ca-certificates.crt': provider.certificates.caFile,
  })
  const file = join(home.directory, 'mpoprc')
  await writeFile(file, text, { mode: 0o600 })
  const result = await world.run(installedProgram('mpop', 'mpop'), ['-C', file], { given })
  const messages = (await readdir(join(maildir, 'new'))).map((name) => join(maildir, 'new', name))
  return { ...result, messages: await Promise.all(messages.map((path) => readFile(path, 'utf8'))) }
}

test("mpop fetches by POP with a token as long as Microsoft's", async () => {
  const { status, stderr, messages, judged } = await fetch('the right token')
  assert.equal(status, 0, stderr)
  await judged(/pop3-login: Info: Login: user=<user@example\.com>, method=XOAUTH2/)
  assert.equal(messages.length, 1)
  assert.match(messages[0] ?? '', /\n\nfetched\n/)
})

for (const given of wrongs) {
  test(`mpop fetches nothing with ${given}`, async () => {
    const result = await fetch(given)
    await assertRefused(result)
    assert.deepEqual(result.messages, [])
  })
}

test('mpop asks no server when there is no token, and shows why', async () => {
  const { status, stderr, messages } = await fetch('no token')
  assert.notEqual(status, 0)
  assert.match(stderr, /cms-oauth: error: no account "nobody@example\.com"/)
  assert.deepEqual(messages, [])
})
