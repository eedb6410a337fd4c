import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { installedProgram } from '../support/installed-program.ts'
import {
  assertRefused,
  fillExample,
  type Given,
  longToken,
  type MailClientWorld,
  provideMailClientWorld,
  shortToken,
  wrongs,
} from '../support/mail-client-world.ts'

const long = await provideMailClientWorld(longToken)
const short = await provideMailClientWorld(shortToken)

/** Sends a message with the example's file, filled in. */
async function send(world: MailClientWorld, port: number, given: Given = 'the right token') {
  const text = await fillExample('s-nail/mailrc', {
    'user@domain': world.user,
    'user%40domain': world.user.replace('@', '%40'),
    'smtp.office365.com:587': `localhost:${port}`,
    '/etc/ssl/certs/ca-certificates.crt': world.provider.certificates.caFile,
  })
  const file = join(world.home.directory, 'mailrc')
  await writeFile(file, text)
  return world.run(
    installedProgram('s-nail', 's-nail'),
    ['-n', '-s', 'hello', 'friend@example.org'],
    {
      given,
      input: 'from s-nail\n',
      env: { MAILRC: file, DEAD: '/dev/null' },
    },
  )
}

test("s-nail sends to Dovecot with a token as long as Google's", async () => {
  const { status, stderr, judged } = await send(short, short.dovecot.ports.submission)
  assert.equal(status, 0, stderr)
  await judged(/submission-login: Info: Login: user=<user@example\.com>, method=XOAUTH2/)
  const delivered = short.dovecot.messages.at(-1)
  assert.equal(delivered?.user, short.user)
  assert.deepEqual(delivered.to, ['friend@example.org'])
  assert.match(delivered.text, /from s-nail/)
})

// Dovecot does not accept a line as long as that: s-nail sends the token with AUTH.
test("s-nail sends with a token as long as Microsoft's", async () => {
  const { status, stderr } = await send(long, long.mail.port)
  assert.equal(status, 0, stderr)
  assert.equal(long.mail.messages.at(-1)?.user, long.user)
})

for (const given of wrongs) {
  test(`s-nail sends nothing with ${given}`, async () => {
    const { messages, ports } = short.dovecot
    const count = messages.length
    await assertRefused(await send(short, ports.submission, given))
    assert.equal(messages.length, count)
  })
}

test('s-nail sends nothing without a token, and shows why', async () => {
  const { messages, ports } = short.dovecot
  const count = messages.length
  const { status, stderr } = await send(short, ports.submission, 'no token')
  assert.notEqual(status, 0)
  assert.match(stderr, /cms-oauth: error: no account "nobody@example\.com"/)
  assert.equal(messages.length, count)
})
