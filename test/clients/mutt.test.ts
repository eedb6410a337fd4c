import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
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

type Program = 'mutt' | 'neomutt'

interface Choice {
  mechanism?: 'xoauth2' | 'oauthbearer'
  given?: Given
  /** Of the submission server; Dovecot's unless said otherwise. */
  port?: number
}

/** The program with its example, filled in. */
async function prepare(
  program: Program,
  world: MailClientWorld,
  choice: Choice,
): Promise<string[]> {
  const { dovecot, home, provider, user } = world
  const text = await fillExample(`${program}/${program}rc`, {
    'user@domain': user,
    'user%40domain': user.replace('@', '%40'),
    'outlook.office365.com:993': `localhost:${dovecot.ports.imaps}`,
    'smtp.office365.com:587': `localhost:${choice.port ?? dovecot.ports.submission}`,
    '/etc/ssl/certs/ca-certificates.crt': provider.certificates.caFile,
    '_authenticators = "xoauth2"': `_authenticators = "${choice.mechanism ?? 'xoauth2'}"`,
  })
  const file = join(home.directory, 'rc')
  await writeFile(file, text)
  return [installedProgram(program, program), '-F', file]
}

async function send(program: Program, world: MailClientWorld, choice: Choice = {}) {
  const [path = '', ...args] = await prepare(program, world, choice)
  return world.run(path, [...args, '-s', 'hello', 'friend@example.org'], {
    ...choice,
    input: `from ${program}\n`,
  })
}

/** Opens the inbox on a terminal of its own and pipes the message out; -z ends where there is none. */
async function fetch(program: Program, world: MailClientWorld, choice: Choice = {}) {
  const command = await prepare(program, world, choice)
  const file = join(world.home.directory, 'fetched')
  await rm(file, { force: true })
  const keys = `push "<pipe-message>cat > ${file}<enter><exit>"`
  const terminal = installedProgram('script', 'bsdutils')
  const line = [...command, '-z', '-e', `'${keys}'`].join(' ')
  const result = await world.run(terminal, ['-qec', line, '/dev/null'], {
    ...choice,
    env: { TERM: 'xterm' },
  })
  return { ...result, message: await readFile(file, 'utf8').catch(() => '') }
}

for (const program of ['mutt', 'neomutt'] as const) {
  test(`${program} fetches by IMAP with a token as long as Microsoft's`, async () => {
    const { message, stdout, judged } = await fetch(program, long)
    assert.match(message, /\n\nfetched\n/, stdout)
    await judged(/imap-login: Info: Login: user=<user@example\.com>, method=XOAUTH2/)
  })

  test(`${program} sends and fetches with OAUTHBEARER and a token as long as Google's`, async () => {
    const { message, judged } = await fetch(program, short, { mechanism: 'oauthbearer' })
    assert.match(message, /\n\nfetched\n/)
    await judged(/imap-login: Info: Login: .* method=OAUTHBEARER/)
    const sent = await send(program, short, { mechanism: 'oauthbearer' })
    assert.equal(sent.status, 0, sent.stderr)
    await sent.judged(/submission-login: Info: Login: .* method=OAUTHBEARER/)
  })

  test(`${program} sends by SMTP to Dovecot`, async () => {
    const { status, stderr, judged } = await send(program, short)
    assert.equal(status, 0, stderr)
    await judged(/submission-login: Info: Login: .* method=XOAUTH2/)
    const delivered = short.dovecot.messages.at(-1)
    assert.equal(delivered?.user, short.user)
    assert.deepEqual(delivered.to, ['friend@example.org'])
    assert.match(delivered.text, new RegExp(`from ${program}`))
  })

  // Dovecot does not accept a line as long as that from NeoMutt, which sends the token with AUTH.
  test(`${program} sends by SMTP with a token as long as Microsoft's`, async () => {
    const { status, stderr } = await send(program, long, { port: long.mail.port })
    assert.equal(status, 0, stderr)
    assert.equal(long.mail.messages.at(-1)?.user, long.user)
    assert.match(long.mail.messages.at(-1)?.text ?? '', new RegExp(`from ${program}`))
  })

  test(`${program} sends nothing without a token, and shows why`, async () => {
    const { status, stderr, judged } = await send(program, short, { given: 'no token' })
    assert.notEqual(status, 0)
    assert.match(stderr, /cms-oauth: error: no account "nobody@example\.com"/)
    await judged(/submission-login: Info: Disconnected: .*no auth attempts/)
  })

  for (const given of wrongs) {
    test(`${program} neither sends nor fetches with ${given}`, async () => {
      const { messages } = short.dovecot
      const count = messages.length
      await assertRefused(await send(program, short, { given }))
      assert.equal(messages.length, count)
      const fetched = await fetch(program, short, { given })
      await assertRefused(fetched)
      assert.equal(fetched.message, '')
    })
  }
}
