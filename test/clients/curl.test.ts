import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
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
const argumentsFile = join(world.home.directory, 'arguments')

/** Runs an example, filled in; its curl is one that writes its arguments down first. */
async function run(name: 'send' | 'fetch', changes: Record<string, string>, given: Given) {
  const { home, provider, user } = world
  const text = await fillExample(`curl/${name}`, { 'user@domain': user, ...changes })
  const script = join(home.directory, name)
  await writeFile(script, text, { mode: 0o755 })
  const spy = `#!/bin/sh\necho "$@" >> ${argumentsFile}\nexec ${installedProgram('curl', 'curl')} "$@"\n`
  await writeFile(join(home.directory, given, 'curl'), spy, { mode: 0o755 })
  return world.run(script, name === 'send' ? ['friend@example.org', 'other@example.org'] : [], {
    given,
    input: 'Subject: hello\r\n\r\nfrom curl\r\n',
    env: { CURL_CA_BUNDLE: provider.certificates.caFile },
  })
}

function send(given: Given) {
  const { submission } = world.dovecot.ports
  return run('send', { 'smtp.office365.com:587': `localhost:${submission}` }, given)
}

function fetch(protocol: 'IMAP' | 'POP', given: Given) {
  const { imaps, pops } = world.dovecot.ports
  const server = 'imaps://outlook.office365.com:993/INBOX;MAILINDEX=1'
  const changes =
    protocol === 'IMAP'
      ? { 'outlook.office365.com:993': `localhost:${imaps}` }
      : { [`message='${server}'`]: `message='pop3s://localhost:${pops}/1'` }
  return run('fetch', changes, given)
}

test("curl sends with a token as long as Microsoft's", async () => {
  const { status, stderr, judged } = await send('the right token')
  assert.equal(status, 0, stderr)
  await judged(/submission-login: Info: Login: user=<user@example\.com>, method=OAUTHBEARER/)
  const delivered = world.dovecot.messages.at(-1)
  assert.equal(delivered?.user, world.user)
  assert.deepEqual(delivered.to, ['friend@example.org', 'other@example.org'])
  assert.match(delivered.text, /from curl/)
})

for (const protocol of ['IMAP', 'POP'] as const) {
  test(`curl fetches by ${protocol} with a token as long as Microsoft's`, async () => {
    const { status, stdout, stderr, judged } = await fetch(protocol, 'the right token')
    assert.equal(status, 0, stderr)
    assert.match(stdout, /^From: friend@example\.org\r\n[^]*\r\nfetched\r\n/)
    await judged(/(imap|pop3)-login: Info: Login: user=<user@example\.com>, method=OAUTHBEARER/)
  })
}

for (const given of wrongs) {
  test(`curl neither sends nor fetches with ${given}`, async () => {
    const count = world.dovecot.messages.length
    await assertRefused(await send(given))
    assert.equal(world.dovecot.messages.length, count)
    for (const protocol of ['IMAP', 'POP'] as const) {
      const result = await fetch(protocol, given)
      await assertRefused(result)
      assert.equal(result.stdout, '')
    }
  })
}

test('curl is not even started without a token, and the status tells why', async () => {
  await writeFile(argumentsFile, '')
  for (const { status, stderr } of [await send('no token'), await fetch('IMAP', 'no token')]) {
    assert.equal(status, 67)
    assert.match(stderr, /^cms-oauth: error: no account "nobody@example\.com"/)
  }
  assert.equal(await readFile(argumentsFile, 'utf8'), '')
})

test("no token is ever among curl's arguments", async () => {
  await writeFile(argumentsFile, '')
  await send('the right token')
  await fetch('IMAP', 'the right token')
  const given = await readFile(argumentsFile, 'utf8')
  assert.match(given, /--config - .*--mail-rcpt friend@example\.org/)
  const { stdout } = await world.run('cms-oauth', [`--user=${world.user}`, '--output=token'])
  assert.ok(stdout.length > longToken)
  assert.ok(!given.includes(stdout.slice(0, 20)))
})
