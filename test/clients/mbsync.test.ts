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

/** Synchronizes with the example's file, filled in; resolves with the messages in the Maildir then. */
async function synchronize(given: Given, ...wrapper: string[]) {
  const { dovecot, home, provider, user } = world
  const maildir = join(home.directory, 'Mail')
  await rm(maildir, { recursive: true, force: true })
  await mkdir(maildir)
  const text = await fillExample('mbsync/mbsyncrc', {
    'user@domain': user,
    'outlook.office365.com': 'localhost',
    'Port 993': `Port ${dovecot.ports.imaps}`,
    '/etc/ssl/certs/ca-certificates.crt': provider.certificates.caFile,
  })
  const file = join(home.directory, 'mbsyncrc')
  await writeFile(file, text)
  const command: string[] = [...wrapper, installedProgram('mbsync', 'isync'), '-c', file, '-a']
  const [program = '', ...args] = command
  const result = await world.run(program, args, { given })
  const found = await readdir(join(maildir, 'INBOX', 'new')).catch(() => [])
  const paths = found.map((name) => join(maildir, 'INBOX', 'new', name))
  return { ...result, messages: await Promise.all(paths.map((path) => readFile(path, 'utf8'))) }
}

test("mbsync fetches by IMAP with a token as long as Microsoft's", async () => {
  const { status, stderr, messages, judged } = await synchronize('the right token')
  assert.equal(status, 0, `${stderr} (needs libsasl2-modules-kdexoauth2)`)
  await judged(/imap-login: Info: Login: user=<user@example\.com>, method=XOAUTH2/)
  assert.equal(messages.length, 1)
  assert.match(messages[0] ?? '', /\n\nfetched\n/)
})

/** Refused, mbsync 1.4 waits for the server, which waits for mbsync: this ends it when it has said so. */
const endWhenRefused = `
  pipe=$HOME/pipe; rm -f "$pipe"; mkfifo "$pipe"
  "$@" > "$pipe" 2>&1 & mbsync=$!
  while read -r line; do
    echo "$line"
    case $line in *'IMAP wants more steps'*) kill $mbsync ;; esac
  done < "$pipe"
  wait $mbsync`

for (const given of wrongs) {
  test(`mbsync fetches nothing with ${given}`, async () => {
    const result = await synchronize(given, '/bin/sh', '-c', endWhenRefused, 'sh')
    await assertRefused(result)
    assert.deepEqual(result.messages, [])
  })
}

test('mbsync asks no server when there is no token, and shows why', async () => {
  const { status, stderr, messages } = await synchronize('no token')
  assert.notEqual(status, 0)
  assert.match(stderr, /cms-oauth: error: no account "nobody@example\.com"/)
  assert.match(stderr, /PassCmd exited with status 67/)
  assert.deepEqual(messages, [])
})
