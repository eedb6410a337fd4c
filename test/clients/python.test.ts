import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { xoauth2 } from '../../src/sasl/xoauth2.ts'
import { startImpostorSocket } from '../support/impostor-socket.ts'
import { installedProgram } from '../support/installed-program.ts'
import {
  assertRefused,
  fillExample,
  longToken,
  provideMailClientWorld,
} from '../support/mail-client-world.ts'

const world = await provideMailClientWorld(longToken)
const impostor = await startImpostorSocket(world.home.directory, xoauth2(world.user, 'wrong'))
after(() => impostor.close())

const servers = {
  'send.py': "'smtp.office365.com', 587",
  'fetch.py': "'outlook.office365.com', 993",
}

/** Runs an example, filled in and changed. */
async function run(
  name: keyof typeof servers,
  changes: Record<string, string> = {},
  env: NodeJS.ProcessEnv = {},
) {
  const { submission, imaps } = world.dovecot.ports
  const text = await fillExample(`python/${name}`, {
    'user@domain': world.user,
    [servers[name]]: `'localhost', ${name === 'send.py' ? submission : imaps}`,
    ...changes,
  })
  const file = join(world.home.directory, name)
  await writeFile(file, text)
  return world.run(
    installedProgram('python3', 'python3'),
    name === 'send.py' ? [file, 'friend@example.org', 'other@example.org'] : [file],
    {
      input: 'Subject: hello\n\nfrom python\n',
      env: { SSL_CERT_FILE: world.provider.certificates.caFile, ...env },
    },
  )
}

test("smtplib sends with a token as long as Microsoft's, straight from the socket", async () => {
  const { status, stderr, judged } = await run('send.py')
  assert.equal(status, 0, stderr)
  await judged(/submission-login: Info: Login: user=<user@example\.com>, method=XOAUTH2/)
  const delivered = world.dovecot.messages.at(-1)
  assert.equal(delivered?.user, world.user)
  assert.deepEqual(delivered.to, ['friend@example.org', 'other@example.org'])
  assert.match(delivered.text, /from python/)
})

test("imaplib fetches with a token as long as Microsoft's, straight from the socket", async () => {
  const { status, stdout, stderr, judged } = await run('fetch.py')
  assert.equal(status, 0, stderr)
  await judged(/imap-login: Info: Login: user=<user@example\.com>, method=XOAUTH2/)
  assert.match(stdout, /^From: friend@example\.org\r\n[^]*\r\nfetched\r\n/)
})

test('smtplib and imaplib speak OAUTHBEARER as well', async () => {
  for (const name of ['send.py', 'fetch.py'] as const) {
    const { status, stderr, judged } = await run(name, {
      ',xoauth2': ',oauthbearer',
      "'XOAUTH2'": "'OAUTHBEARER'",
    })
    assert.equal(status, 0, stderr)
    await judged(/-login: Info: Login: user=<user@example\.com>, method=OAUTHBEARER/)
  }
})

test('smtplib and imaplib are refused with a wrong token', async () => {
  const count = world.dovecot.messages.length
  const sent = await run('send.py', {}, { XDG_RUNTIME_DIR: impostor.runtime })
  await assertRefused(sent)
  assert.match(sent.stderr, /SMTPAuthenticationError: \(535, b'5\.7\.8 Authentication failed\.'\)/)
  assert.equal(world.dovecot.messages.length, count)
  const fetched = await run('fetch.py', {}, { XDG_RUNTIME_DIR: impostor.runtime })
  await assertRefused(fetched)
  assert.match(fetched.stderr, /AUTHENTICATIONFAILED/)
  assert.equal(fetched.stdout, '')
})

test('smtplib and imaplib are refused with a credential in the wrong format', async () => {
  for (const name of ['send.py', 'fetch.py'] as const) {
    const { status, stdout, judged } = await run(name, { ',xoauth2': ',xoauth2-b64' })
    assert.notEqual(status, 0)
    assert.equal(stdout, '')
    await judged(/xoauth2\(.*\): Username or token missing/)
  }
})

test('the scripts stop at an account that the socket does not know', async () => {
  for (const name of ['send.py', 'fetch.py'] as const) {
    const { status, stderr } = await run(name, { [world.user]: 'nobody@example.com' })
    assert.equal(status, 75)
    assert.equal(stderr, 'no credential: see "cms-oauth status"\n')
  }
})

test('the scripts say in a sentence that there is no daemon', async () => {
  for (const name of ['send.py', 'fetch.py'] as const) {
    const { status, stderr } = await run(name, {}, { XDG_RUNTIME_DIR: '/nowhere' })
    assert.equal(status, 75)
    assert.equal(stderr, 'cms-oauthd cannot be reached: No such file or directory\n')
  }
})
