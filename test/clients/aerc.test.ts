import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, type TestContext, test } from 'node:test'
import { installedProgram } from '../support/installed-program.ts'
import {
  fillExample,
  type Given,
  longToken,
  provideMailClientWorld,
  wrongs,
} from '../support/mail-client-world.ts'
import { openTerminal } from '../support/terminal.ts'

const world = await provideMailClientWorld(longToken)
const { directory } = world.home
const config = join(directory, '.config')
const fetched = join(directory, 'fetched')

before(async () => {
  const { dovecot, mail, user } = world
  const text = await fillExample('aerc/accounts.conf', {
    'user@domain': user,
    'user%40domain': user.replace('@', '%40'),
    'outlook.office365.com:993': `localhost:${dovecot.ports.imaps}`,
    // Dovecot does not accept a line as long as that: aerc sends the token with AUTH.
    'smtp.office365.com:587': `localhost:${mail.port}`,
  })
  await mkdir(join(config, 'aerc'), { recursive: true })
  await writeFile(join(config, 'aerc', 'accounts.conf'), text, { mode: 0o600 })
  await writeFile(join(config, 'aerc', 'aerc.conf'), '[compose]\neditor=true\n')
})

/** aerc as a person sees it, which starts at the inbox. */
async function open(t: TestContext, given: Given) {
  const { home, provider } = world
  const terminal = await openTerminal(installedProgram('aerc', 'aerc'), {
    ...home.env,
    PATH: `${join(directory, given)}:${home.env['PATH']}`,
    XDG_CONFIG_HOME: config,
    SSL_CERT_FILE: provider.certificates.caFile,
  })
  t.after(() => terminal.close())
  return {
    ...terminal,
    send: async () => {
      await terminal.type(':compose -H "To: friend@example.org" -H "Subject: hi"', 'Enter')
      await terminal.screen(/Send this email\?/)
      await terminal.type('y')
    },
  }
}

test("aerc reads and sends with tokens as long as Microsoft's", async (t) => {
  const aerc = await open(t, 'the right token')
  await aerc.screen(/friend@example\.or\S* +O +hello/)
  await aerc.type(`:pipe -mb tee ${fetched}`, 'Enter')
  await aerc.screen(/tee: completed with status 0/)
  assert.match(await readFile(fetched, 'utf8'), /\n\r?\nfetched\r?\n/)
  assert.match(await world.dovecot.log(), /Login: user=<user@example\.com>, method=XOAUTH2/)
  await aerc.send()
  // What it says of that is gone soon.
  while (world.mail.messages.length === 0) await aerc.screen(/./)
  const [delivered] = world.mail.messages
  assert.deepEqual([delivered?.user, delivered?.to], [world.user, ['friend@example.org']])
})

for (const given of wrongs) {
  test(`aerc reads nothing with ${given}, and what it cannot send stays in its composer`, async (t) => {
    const { length } = world.mail.messages
    const aerc = await open(t, given)
    await aerc.screen(/office365: XOAUTH2 authentication error/)
    await aerc.send()
    await aerc.screen(/Subject: hi[^]*Send this email\?[^]*XOAUTH2 authentication error/)
    assert.equal(world.mail.messages.length, length)
    assert.equal(world.mail.logins.at(-1)?.isAccepted, false)
  })
}

for (const given of ['no token', 'no daemon'] as const) {
  test(`aerc does not start where there is ${given}`, async (t) => {
    const aerc = await open(t, given)
    const shown = await aerc.screen(/\[1\]$/)
    assert.match(shown, /Invalid source credentials for office365/)
  })
}
