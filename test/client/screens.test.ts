/** What a new user sees on a terminal, screen by screen; a number in brackets is the exit status. */
import assert from 'node:assert/strict'
import { chmod, mkdir } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test, type TestContext } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { qrCode } from '../../src/client/qr-code.ts'
import { version } from '../../src/package/version.ts'
import { type RunningDaemon, startDaemon } from '../support/daemon.ts'
import { walkPage } from '../support/sign-in.ts'
import { openTerminal } from '../support/terminal.ts'
import { accountToml, createWorld, type World } from '../support/world.ts'
import { assertSentence } from '../support/golden.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauth.js')
const user = 'user@example.com'
const other = 'other@example.com'
const ended = /\n\[\d+\]$/

describe('a new user', () => {
  let world: World
  let daemon: RunningDaemon

  before(async () => {
    world = await createWorld({ accessTokenLifetime: 3_600, accessTokenLength: 1_800 })
    const { directory } = world.home
    await chmod(directory, 0o755)
    await mkdir(join(directory, 'exim'))
    await world.home.configure(`${accountToml(world)}
${accountToml({ ...world, user: other }, 'oidc')}
[[socket]]
path = "${directory}/exim/cms.sock"
mode = "0660"
group = "mail"
reply = "xoauth2"
`)
    daemon = await startDaemon(world.home)
  })

  after(async () => {
    await daemon.stop()
    await world.close()
  })

  async function open(t: TestContext, args: string, env: NodeJS.ProcessEnv = {}, columns = 100) {
    const { home } = world
    const terminal = await openTerminal(`'${program}' ${args}`, { ...home.env, ...env }, columns)
    t.after(() => terminal.close())
    return terminal
  }

  /** Walks the page whose address the screen shows. */
  async function walk(shown: string, decision: 'allow' | 'deny'): Promise<void> {
    const url = /^http:\S+$/m.exec(shown)?.[0] ?? assert.fail(shown)
    await walkPage(url, { ca: world.provider.certificates.ca, decision })
  }

  /** The screen with a name for all that differs from run to run. */
  function named(screen: string): string {
    return (
      screen
        .replaceAll(world.home.directory, 'HOME')
        // Of the kernel: test/configuration-file/inspection/confinement.test.ts.
        .replace(/^ok +confinement .*\n/gm, '')
        .replace(/^ok +libraries .*\n/gm, '')
        .replace(/localhost:\d+\/[\w-]{43}/, 'localhost:PORT/PAGE')
        .replace(/localhost:\d+/g, 'localhost:PORT')
        .replace(/-L \d+:127\.0\.0\.1:\d+ \S+@/, '-L PORT:127.0.0.1:PORT ME@')
        .replace(/pid \d+, uid \d+, Node [\d.]+/, 'pid PID, uid UID, Node NODE')
        .replace(/in \d+ ms/g, 'in N ms')
        .replace(/\d+ s from/, 'N s from')
        .replace(/in \d\d min( +)(now|\d+ s ago) +/g, 'in 60 min$1N s ago       ')
        .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, 'INSTANT')
        .replace(/\d{4}-\d\d-\d\d/g, '20XX-XX-XX')
        .replaceAll(`"${userInfo().username}"`, '"ME"')
        .replace(/\S+:mail;/, 'ME:mail;')
    )
  }

  test('who does not say yes at the provider is told the outcome', async (t) => {
    const terminal = await open(t, `login ${user}`)
    await walk(await terminal.screen(/http:\S+\n?$/), 'deny')
    assertSentence(
      named(await terminal.screen(ended)),
      'who does not say yes at the provider is told the outcome',
      { user, status: '[77]' },
    )
  })

  test('who has to name an address is told the commands', async (t) => {
    const terminal = await open(t, 'login')
    assertSentence(
      await terminal.screen(ended),
      'who has to name an address is told the commands',
      { user, status: '[64]' },
    )
  })

  test('over SSH the command is shown that brings the page to the browser', async (t) => {
    const ssh = { SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22' }
    const terminal = await open(t, `login ${user}`, ssh)
    const shown = await terminal.screen(/--paste/)
    const { port } = new URL(/^http:\S+$/m.exec(shown)?.[0] ?? '')
    assert.ok(shown.includes(`ssh -L ${port}:127.0.0.1:${port} ${userInfo().username}@192.0.2.2`))
    await walk(shown, 'allow')
    assertSentence(
      named(await terminal.screen(ended)),
      'over SSH the command is shown that brings the page to the browser',
      { user, peer: 'ME@192.0.2.2', status: '[0]' },
    )
  })

  test('a device code comes with a QR code of the page that knows it', async (t) => {
    const terminal = await open(t, 'login --device')
    const [code = ''] = /^\w{4}-\w{4}$/m.exec(await terminal.screen(/this command exits/)) ?? []
    await world.provider.decideDevice(code, other)
    const page = `${world.provider.url}/device?user_code=${code}`
    const picture = qrCode(page, { isTTY: true }, { LANG: 'C.UTF-8' }) ?? assert.fail('no picture')
    assertSentence(
      named((await terminal.screen(ended)).replace(code, 'CODE-CODE')),
      'a device code comes with a QR code of the page that knows it',
      {
        picture: stripVTControlCharacters(picture).replaceAll(/ +$/gm, ''),
        user: other,
        status: '[0]',
      },
    )
  })

  test('status says of each account how it is, and what to do', async (t) => {
    await world.provider.revokeGrants(other)
    for (let count = 0; count < 2; count++) await daemon.control.refresh(other).catch(() => {})
    const terminal = await open(t, 'status', {}, 120)
    assertSentence(
      named(await terminal.screen(ended)),
      'status says of each account how it is, and what to do',
      { user, other, status: '[0]' },
    )
  })

  test('doctor goes through it all', async (t) => {
    const terminal = await open(t, `doctor ${user}`, {}, 200)
    const screen = named(await terminal.screen(ended))
    assertSentence(screen, 'doctor goes through it all', { version, user, status: '[0]' })
    assert.doesNotMatch(screen, /^(warning|failure)/m)
  })

  test('doctor finds the directory that keeps a mail server from its socket', async (t) => {
    await chmod(join(world.home.directory, 'exim'), 0o700)
    const terminal = await open(t, `doctor ${user}`, {}, 200)
    const screen = named((await terminal.screen(ended)).replaceAll(/(-> .*)\n +(.*)/g, '$1 $2'))
    assertSentence(screen, 'doctor finds the directory that keeps a mail server from its socket', {
      version,
      user,
      command: 'chmod o+x HOME/exim',
      status: '[77]',
    })
    assert.equal(screen.match(/^(warning|failure)/gm)?.length, 1)
    assert.match(
      screen,
      /^failure  socket         HOME\/exim\/cms\.sock: group "mail" .* "HOME\/exim"/m,
    )
  })
})
