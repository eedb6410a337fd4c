import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { installedProgram } from '../support/installed-program.ts'
import {
  fillExample,
  type Given,
  longToken,
  provideMailClientWorld,
} from '../support/mail-client-world.ts'

const world = await provideMailClientWorld(longToken)

/** Runs the rules of the example's file, filled in. */
async function filter(given: Given, change = (text: string) => text) {
  const { dovecot, home, provider, user } = world
  const text = await fillExample('imapfilter/config.lua', {
    'user@domain': user,
    'outlook.office365.com': 'localhost',
    'port = 993': `port = ${dovecot.ports.imaps}`,
  })
  const file = join(home.directory, 'config.lua')
  await writeFile(file, change(text))
  const args = ['-c', file, '-t', provider.certificates.caFile]
  return world.run(installedProgram('imapfilter', 'imapfilter'), args, { given })
}

test("imapfilter logs in with a token as long as Microsoft's, and its rules find the message", async () => {
  const { status, stdout, stderr, judged } = await filter('the right token')
  assert.equal(status, 0, stdout + stderr)
  await judged(/imap-login: Info: Login: user=<user@example\.com>, method=XOAUTH2/)
  assert.match(stdout + stderr, /1 messages marked flagged in user@example\.com@localhost\/INBOX/)
})

const command = "'cms-oauth --user='"
const wrongCredential = Buffer.from(`user=${world.user}\x01auth=Bearer wrong\x01\x01`)
const changes: Record<string, (text: string) => string> = {
  // Refused, imapfilter says nothing to the server's reason and waits for its own time to end.
  'a token that nobody issued': (text) =>
    `options.timeout = 3\n${text}`.replace(
      command,
      `'printf ${wrongCredential.toString('base64')}; : '`,
    ),
  'the token alone': (text) => text.replace('xoauth2-b64', 'token'),
  'a credential that is not in base64': (text) => text.replace('xoauth2-b64', 'xoauth2'),
}

for (const [what, change] of Object.entries(changes)) {
  test(`imapfilter does nothing with ${what}`, async () => {
    const result = await filter('the right token', change)
    assert.notEqual(result.status, 0)
    assert.doesNotMatch(result.stdout, /flagged/)
    await result.judged(/Provided token is not valid|Invalid base64 data/)
  })
}

test('imapfilter asks no server and no person when there is no token, and shows why', async () => {
  const { status, stdout, stderr } = await filter('no token')
  assert.equal(status, 1)
  assert.match(stderr, /cms-oauth: error: no account "nobody@example\.com"/)
  assert.equal(stdout, '')
})
