import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Result } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'
import { createMsmtpWorld, type MsmtpWorld } from '../support/msmtp.ts'

const text = 'To: friend@example.org\nSubject: hello\n\nfrom msmtp\n'

let world: MsmtpWorld

before(async () => {
  installedProgram('nc', 'netcat-openbsd')
  world = await createMsmtpWorld()
})

after(async () => {
  await world.daemon.stop()
  await world.close()
})

/** Sends a message in the name of an account with an example, filled in. */
async function send(
  example: string,
  sender: string,
  change?: (text: string) => string,
): Promise<Result> {
  await world.install(`msmtp/${example}`, '.msmtprc', change)
  return world.run([`--from=${sender}`, 'friend@example.org'], `From: ${sender}\n${text}`)
}

for (const [example, way] of [
  ['msmtprc', 'by cms-oauth'],
  ['msmtprc-nc', 'from the socket, without any client'],
] as const) {
  test(`msmtp sends as Office 365 requires it, with a token ${way}`, async () => {
    const { status, stderr } = await send(example, world.user)
    assert.equal(status, 0, stderr)
    const delivered = world.mail.messages.at(-1)
    assert.deepEqual([delivered?.user, delivered?.from], [world.user, world.user])
    assert.deepEqual(delivered?.to, ['friend@example.org'])
    assert.match(delivered?.text ?? '', /from msmtp/)
  })

  test(`msmtp sends with OAUTHBEARER, as Gmail has it, with a token ${way}`, async () => {
    const before = world.dovecot.messages.length
    const { status, stderr } = await send(example, world.other)
    assert.equal(status, 0, stderr)
    assert.equal(world.dovecot.messages.length, before + 1)
    assert.equal(world.dovecot.messages.at(-1)?.user, world.other)
    assert.match(await world.dovecot.log(), /Login: user=<other@example\.com>, method=OAUTHBEARER/)
  })

  test(`msmtp is refused with the credential in the wrong format ${way}`, async () => {
    await assertRefused(example, (filled) => filled.replaceAll(/([=,])token/g, '$1xoauth2-b64'))
  })

  test(`msmtp is refused with the token of another account ${way}`, async () => {
    const others: Record<string, string> = { user: 'other', other: 'user' }
    await assertRefused(example, (filled) =>
      filled.replaceAll(/(--user=|,token )(\w+)/g, (_, option: string, name: string) =>
        option.concat(others[name] ?? ''),
      ),
    )
  })

  test(`msmtp logs in nowhere when there is no token ${way}`, async () => {
    const before = world.mail.logins.length
    const { status, stderr } = await send(example, world.user, (filled) =>
      filled.replace(/(--user=|,token )user/, '$1nobody'),
    )
    assert.notEqual(status, 0)
    assert.match(
      stderr,
      example === 'msmtprc' ? /^cms-oauth: error: no account "nobody@/m : /^msmtp: /m,
    )
    assert.equal(world.mail.logins.length, before)
  })
}

async function assertRefused(example: string, change: (text: string) => string): Promise<void> {
  const taken = [world.mail.messages.length, world.dovecot.messages.length]
  for (const sender of [world.user, world.other]) {
    const { status, stderr } = await send(example, sender, change)
    assert.notEqual(status, 0)
    assert.match(stderr, /^msmtp: authentication failed/m)
  }
  assert.deepEqual([world.mail.messages.length, world.dovecot.messages.length], taken)
  assert.equal(world.mail.logins.at(-1)?.isAccepted, false)
}

test('msmtp is refused with a token that nobody issued', async () => {
  await assertRefused('msmtprc', (filled) =>
    filled.replaceAll(/^passwordeval .*$/gm, 'passwordeval echo wrong'),
  )
})

test('msmtp tells no token to a server whose certificate nobody vouches for', async () => {
  const before = world.mail.logins.length
  const { status, stderr } = await send('msmtprc', world.user, (filled) =>
    filled.replace(/^tls_trust_file .*$/m, 'tls_trust_file /etc/ssl/certs/ca-certificates.crt'),
  )
  assert.notEqual(status, 0)
  assert.match(stderr, /certificate/)
  assert.equal(world.mail.logins.length, before)
})
