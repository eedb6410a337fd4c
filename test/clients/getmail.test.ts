import assert from 'node:assert/strict'
import { chmod, chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { findGroupId, findUserId } from '../../src/kernel/user-database.ts'
import { hurryGetmail, runGetmail } from '../support/getmail.ts'
import { installedProgram } from '../support/installed-program.ts'
import {
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
  const configuration = join(home.directory, 'getmail')
  const maildir = join(home.directory, 'Mail')
  await rm(configuration, { recursive: true, force: true })
  await mkdir(configuration)
  const text = await fillExample('getmail6/getmailrc', {
    'user@domain': user,
    'outlook.office365.com': 'localhost',
    'port = 993': `port = ${dovecot.ports.imaps}`,
    '/etc/ssl/certs/ca-certificates.crt': provider.certificates.caFile,
    '~/Mail/': `${maildir}/${asRoot ? '\nuser = mail' : ''}`,
  })
  await writeFile(join(configuration, 'getmailrc'), hurryGetmail(text))
  const program = installedProgram('getmail', 'getmail6')
  const result = await runGetmail(async () => {
    await makeMaildir(maildir)
    return world.run(program, [`--getmaildir=${configuration}`], { given })
  })
  const messages = (await readdir(join(maildir, 'new'))).map((name) => join(maildir, 'new', name))
  return { ...result, messages: await Promise.all(messages.map((path) => readFile(path, 'utf8'))) }
}

/** getmail delivers nothing as root: there the destination names another user. */
const asRoot = process.getuid?.() === 0

async function makeMaildir(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
  for (const directory of [path, ...['cur', 'new', 'tmp'].map((part) => join(path, part))]) {
    await mkdir(directory)
    if (asRoot) await chown(directory, findUserId('mail') ?? 0, findGroupId('mail') ?? 0)
  }
  await chmod(world.home.directory, 0o711)
}

test("getmail fetches by IMAP with a token as long as Microsoft's", async () => {
  const { status, stdout, stderr, messages, judged } = await fetch('the right token')
  assert.equal(status, 0, stdout + stderr)
  await judged(/imap-login: Info: Login: user=<user@example\.com>, method=XOAUTH2/)
  assert.equal(messages.length, 1)
  assert.match(messages[0] ?? '', /\n\nfetched\n/)
})

for (const given of wrongs) {
  test(`getmail fetches nothing with ${given}`, async () => {
    const { status, stdout, stderr, messages, judged } = await fetch(given)
    await judged(/oauth2 failed: Introspection failed: Provided token is not valid/)
    assert.match(stdout + stderr, /credential/i)
    assert.notEqual(status, 0)
    assert.deepEqual(messages, [])
  })
}
