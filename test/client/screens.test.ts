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
    return screen
      .replaceAll(world.home.directory, 'HOME')
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
  }

  test('who does not say yes at the provider is told so', async (t) => {
    const terminal = await open(t, `login ${user}`)
    await walk(await terminal.screen(/http:\S+\n?$/), 'deny')
    assert.equal(
      named(await terminal.screen(ended)),
      `To sign in for user@example.com, open this page in a browser:

http://localhost:PORT/PAGE

The page is open.
cms-oauth: error: access to "user@example.com" was denied
cms-oauth: hint: run "cms-oauth login user@example.com" again and allow it; if nobody asked you, an
administrator must consent first
[77]`,
    )
  })

  test('who has to name an address is told the commands', async (t) => {
    const terminal = await open(t, 'login')
    assert.equal(
      await terminal.screen(ended),
      `cms-oauth: error: more than one account needs a sign-in
cms-oauth: hint: add --all, or name one: "cms-oauth login user@example.com", "cms-oauth login other@
example.com"
[64]`,
    )
  })

  test('over SSH the command is shown that brings the page to the browser', async (t) => {
    const ssh = { SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22' }
    const terminal = await open(t, `login ${user}`, ssh)
    const shown = await terminal.screen(/--paste/)
    const { port } = new URL(/^http:\S+$/m.exec(shown)?.[0] ?? '')
    assert.ok(shown.includes(`ssh -L ${port}:127.0.0.1:${port} ${userInfo().username}@192.0.2.2`))
    await walk(shown, 'allow')
    assert.equal(
      named(await terminal.screen(ended)),
      `To sign in for user@example.com, open this page in a browser:

http://localhost:PORT/PAGE

Is your browser on another machine? Then run this there first, and leave it running:

  ssh -L PORT:127.0.0.1:PORT ME@192.0.2.2

(Or with the name by which you reach this machine, where that is not 192.0.2.2.)
Or press Ctrl-C, and run "cms-oauth login user@example.com --paste", which needs no ssh -L.

The page is open.
The provider has answered; fetching the tokens.
user@example.com: signed in. Mail programs are served from now on.
[0]`,
    )
  })

  test('a device code comes with a QR code of the page that knows it', async (t) => {
    const terminal = await open(t, 'login --device')
    const [code = ''] = /^\w{4}-\w{4}$/m.exec(await terminal.screen(/this command exits/)) ?? []
    await world.provider.decideDevice(code, other)
    const page = `${world.provider.url}/device?user_code=${code}`
    const picture = qrCode(page, { isTTY: true }, { LANG: 'C.UTF-8' }) ?? assert.fail('no picture')
    assert.equal(
      named((await terminal.screen(ended)).replace(code, 'CODE-CODE')),
      `${stripVTControlCharacters(picture).replaceAll(/ +$/gm, '')}
To sign in for other@example.com, scan the QR code with a phone, or open this page in any browser:

https://localhost:PORT/device

and type this code, within 10 minutes:

CODE-CODE

cms-oauthd waits for the sign-in, even after this command exits.
other@example.com: signed in. Mail programs are served from now on.
[0]`,
    )
  })

  test('status says of each account how it is, and what to do', async (t) => {
    await world.provider.revokeGrants(other)
    for (let count = 0; count < 2; count++) await daemon.control.refresh(other).catch(() => {})
    const terminal = await open(t, 'status', {}, 120)
    assert.equal(
      named(await terminal.screen(ended)),
      `ACCOUNT            PROVIDER   STATE             TOKEN EXPIRES  LAST REFRESH  ACTION   SIGN-IN EXPIRES
user@example.com   office365  active            in 60 min      N s ago       -        20XX-XX-XX if unused
other@example.com  oidc       sign in required  in 60 min      N s ago       sign in  -

other@example.com: the provider no longer accepts the sign-in of "other@example.com": invalid_grant (grant request is
  invalid)
  who must act   you
  next step      run "cms-oauth login other@example.com"
  provider said  invalid_grant: grant request is invalid
  failed at      INSTANT
[0]`,
    )
  })

  const good = `ok       configuration  HOME/config.toml: accounts: 2, token sockets: 1
ok       daemon         ${version}, pid PID, uid UID, Node NODE, at HOME/run/cms-oauth/control.sock
ok       renewer        opens the store in N ms and finds 1 sign-in
ok       provider       "localhost:PORT" answers in N ms without a proxy, for user@example.com
ok       clock          N s from that of "localhost:PORT"
ok       store          HOME/state/cms-oauth: 2 records, closed to others
ok       key            HOME/config/cms-oauth/store.key: closed to others
ok       surroundings   secrets, programs, directories, groups and variables: fine for user@example.com
ok       socket         HOME/exim/cms.sock: mode 0660, ME:mail; reached by user "ME", group "mail"
ok       account        user@example.com: active, office365, authorization_code
ok       scopes         user@example.com: all that are wanted are granted
ok       forecast       user@example.com: if unused the sign-in expires on 20XX-XX-XX: the provider lets a sign-in expire that was not used for 90 days
ok       token          user@example.com: 1800 characters; too long for old versions of neomutt with OAUTHBEARER (510)

0 failures, 0 warnings
[0]`

  test('doctor goes through it all', async (t) => {
    const terminal = await open(t, `doctor ${user}`, {}, 200)
    assert.equal(named(await terminal.screen(ended)), good)
  })

  test('doctor finds the directory that keeps a mail server from its socket', async (t) => {
    await chmod(join(world.home.directory, 'exim'), 0o700)
    const terminal = await open(t, `doctor ${user}`, {}, 200)
    const screen = (await terminal.screen(ended)).replaceAll(/(-> .*)\n +(.*)/g, '$1 $2')
    assert.equal(
      named(screen),
      good
        .replace(
          /^.*cms\.sock: mode.*$/m,
          `failure  socket         HOME/exim/cms.sock: group "mail" may not search the directory "HOME/exim" (mode 0700)
                        -> run "chmod o+x HOME/exim", unless an ACL admits them; or give the [[socket]] a path elsewhere, like /run/cms-oauth/`,
        )
        .replace('0 failures, 0 warnings\n[0]', '1 failure, 0 warnings\n[77]'),
    )
  })
})
