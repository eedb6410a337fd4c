/** From nothing to the first token by `cms-oauth init` alone, against a real provider and mail server. */
import assert from 'node:assert/strict'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ControlClient } from '../../src/client/control-client.ts'
import { testClientId, testClientSecret } from '../support/authorization-server.ts'
import { type Home, runClient, runProgram } from '../support/daemon.ts'
import { assertSentence } from '../support/golden.ts'
import { installedProgram } from '../support/installed-program.ts'
import { openTerminal } from '../support/terminal.ts'
import { walkSignIn } from '../support/walk-sign-in.ts'
import { createWorld, type World } from '../support/world.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauth.js')

async function openWorld(t: TestContext): Promise<World> {
  const world = await createWorld()
  t.after(async () => {
    await stopDaemon(world.home)
    await world.close()
  })
  await mkdir(world.home.env['XDG_RUNTIME_DIR'] ?? '')
  return world
}

/** Nobody of this test started it: `init` did. */
async function stopDaemon({ controlSocket }: Home): Promise<void> {
  const control = new ControlClient(controlSocket)
  const found = await control.diagnostics().catch(() => undefined)
  if (found === undefined) return
  const ended = (async () => {
    for await (const _ of control.events());
  })().catch(() => {})
  process.kill(found.pid, 'SIGTERM')
  await ended
}

/** What is asked up to the mail server; the client's own IMAP server is never asked. */
function answers({ user, provider, mail }: World, client: string, secret: string): string[] {
  const account = [user, 'other', 'person', provider.url, 'openid email offline_access mail']
  return [...account, client, secret, 'yes', 'msmtp', `localhost:${mail.port}`]
}

test('a person at a terminal gets from nothing to a login at the mail server', async (t) => {
  const world = await openWorld(t)
  const { home, provider, user } = world
  const terminal = await openTerminal(`'${program}' init`, home.env, 80)
  t.after(() => terminal.close())
  for (const answer of answers(world, `${testClientId}-post`, testClientSecret)) {
    await terminal.screen(/[^\n]*: *$/)
    await terminal.type(answer, 'Enter')
    await terminal.screen(new RegExp(`(?<!${answer.slice(-8)})$`))
  }
  await terminal.screen(/Start cms-oauthd now .*: *$/)
  await terminal.type('background', 'Enter')
  await terminal.screen(/Sign in now \(browser, paste, device, no\) \[paste\]: *$/)
  await terminal.type('Enter')
  await terminal.screen(/Then log in to localhost:\d+ \(yes, no\) \[yes\]: *$/)
  await terminal.type('Enter')
  const shown = await terminal.screen(/\n> *$/)
  const url = /\n(https:\/\/localhost[^ ]+?)\n\n/.exec(shown)?.[1]?.replaceAll('\n', '') ?? ''
  const { ca } = provider.certificates
  await terminal.type(await walkSignIn(url, { ca, isElsewhere: true }), 'Enter')
  const end = await terminal.screen(/\[0\]$/)
  const lines = end.split('\n')
  const reply = '235 2.7.0 Authentication successful'
  const signedIn = lines.findLast((line) => line.startsWith(`${user}: `))
  assertSentence(signedIn, 'a person is signed in', { user })
  const loggedIn = lines.find((line) => line.startsWith('SMTP at '))
  assertSentence(loggedIn, 'the login at the mail server', { reply })
  assert.match(end, /^Done\. /m)
  assert.doesNotMatch(end, new RegExp(testClientSecret))
  const token = await runClient(home, [`--user=${user}`, '--output=token'])
  assert.equal(token.status, 0)
  assert.equal(await provider.introspect(token.stdout.trim()), user)
  assert.match(await readFile(join(home.directory, '.msmtprc'), 'utf8'), /^host localhost$/m)
})

test('who answers "notices" gets an account that sends, and a test notice that arrives', async (t) => {
  const world = await openWorld(t)
  const { home, provider, mail } = world
  const terminal = await openTerminal(`'${program}' init`, home.env, 80)
  t.after(() => terminal.close())
  const given = answers(world, `${testClientId}-post`, testClientSecret).slice(0, -3)
  for (const answer of [...given, 'notices', 'me@example.org', `localhost:${mail.port}`]) {
    await terminal.screen(/[^\n]*: *$/)
    await terminal.type(answer, 'Enter')
    await terminal.screen(new RegExp(`(?<!${answer.slice(-8)})$`))
  }
  await terminal.screen(/Start cms-oauthd now .*: *$/)
  await terminal.type('background', 'Enter')
  await terminal.screen(/Sign in now .*: *$/)
  await terminal.type('paste', 'Enter')
  await terminal.screen(/Then send a test notice to me@example\.org \(yes, no\) \[yes\]: *$/)
  await terminal.type('Enter')
  const shown = await terminal.screen(/\n> *$/)
  const url = /\n(https:\/\/localhost[^ ]+?)\n\n/.exec(shown)?.[1]?.replaceAll('\n', '') ?? ''
  const { ca } = provider.certificates
  await terminal.type(await walkSignIn(url, { ca, isElsewhere: true }), 'Enter')
  const end = await terminal.screen(/\[0\]$/)
  const sent = end.split('\n').findLast((line) => line.includes('me@example.org'))
  assertSentence(sent, 'a test notice', { to: 'me@example.org' })
  // It is not yet the sendmail of programs.
  assert.doesNotMatch(end, /^Done\. /m)
  assert.match(end, /sendmail --install/)
  assert.deepEqual(
    mail.messages.map(({ to }) => to),
    [['me@example.org']],
  )
  const toml = await readFile(home.configFile, 'utf8')
  assert.match(toml, /^\[\[outbox\]\]$/m)
  assert.doesNotMatch(toml, /^\[\[socket\]\]$/m)
})

test('what fails says what to do next, and what is left to do', async (t) => {
  const world = await openWorld(t)
  const { home, user, mail } = world
  const given = [...answers(world, `${testClientId}-post`, 'wrong'), 'background', 'device', 'yes']
  const lines = given.map((answer) => `${answer}\n`).join('')
  const first = await runClient(home, ['init'], lines)
  assert.equal(first.status, 77)
  assert.match(first.stderr, /^cms-oauth: error: .*invalid_client/)
  assert.match(first.stderr, /\ncms-oauth: hint: /)
  const [, todo] = first.stdout.split('\nTo do:\n')
  assertSentence(todo, 'what is left to do', { user })
  const again = await runClient(home, ['init'], `${user}\n\nnone\nlocalhost:${mail.port}\n\nno\n`)
  assert.equal(again.status, 0)
  const line = again.stdout.split('\n').find((each) => each.startsWith('cms-oauthd '))
  assertSentence(line, 'a daemon that runs already')
})

test('an app gets its token from a file of answers', async (t) => {
  const world = await openWorld(t)
  const { home, user, provider } = world
  const client = `${testClientId}-app-post`
  const account = [user, 'other', 'app', provider.url, 'mail', client, testClientSecret, '', 'none']
  const lines = [...account, 'localhost', 'localhost', 'background', 'no']
  const { status, stdout, stderr } = await runClient(
    home,
    ['init'],
    lines.map((line) => `${line}\n`).join(''),
  )
  assert.deepEqual([status, stderr], [0, ''])
  const names = { user, grant: '"client_credentials"' }
  const line = stdout.split('\n').find((each) => each.includes(names.grant))
  assertSentence(line, 'an app needs no sign-in', names)
  const token = await runClient(home, [`--user=${user}`, '--output=token'])
  assert.equal(await provider.appOf(token.stdout.trim()), client)
})

/** The same, for a program that knows only passwords. */
function passwordAnswers(world: World, name: string): string[] {
  const [mailbox = '', ...more] = answers(world, `${testClientId}-post`, testClientSecret)
  return [mailbox, ...more.slice(0, -3), 'no', name, `localhost:${world.mail.port}`]
}

test('a person whose program knows only passwords gets to a login through the bridge', async (t) => {
  const world = await openWorld(t)
  const { home, provider, user } = world
  const terminal = await openTerminal(`'${program}' init`, home.env, 80)
  t.after(() => terminal.close())
  for (const answer of passwordAnswers(world, 'swaks')) {
    await terminal.screen(/[^\n]*: *$/)
    await terminal.type(answer, 'Enter')
    await terminal.screen(new RegExp(`(?<!${answer.slice(-8)})$`))
  }
  await terminal.screen(/Start cms-oauthd now .*: *$/)
  await terminal.type('background', 'Enter')
  await terminal.screen(/Sign in now \(browser, paste, device, no\) \[paste\]: *$/)
  await terminal.type('Enter')
  await terminal.screen(/Then log in through the bridge \(yes, no\) \[yes\]: *$/)
  await terminal.type('Enter')
  const shown = await terminal.screen(/\n> *$/)
  const url = /\n(https:\/\/localhost[^ ]+?)\n\n/.exec(shown)?.[1]?.replaceAll('\n', '') ?? ''
  const { ca } = provider.certificates
  await terminal.type(await walkSignIn(url, { ca, isElsewhere: true }), 'Enter')
  const end = await terminal.screen(/\[0\]$/)
  const [login] = /\S[^\n]* bridge: [^]*?235 [^\n]*/.exec(end) ?? []
  assertSentence(login?.replaceAll(/\s+/g, ' '), 'a login through the bridge', { user, reply: 235 })
  const file = join(home.directory, '.swaksrc')
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  const text = await readFile(file, 'utf8')
  const [, password = ''] = /^--auth-password ([a-z2-7]{24})$/m.exec(text) ?? []
  assert.notEqual(password, '')
  assert.doesNotMatch(end, new RegExp(password))
  const swaks = installedProgram('swaks', 'swaks')
  const sent = await runProgram(swaks, ['--to', 'friend@example.org', '--quit-after', 'RCPT'], {
    ...home.env,
    HOME: home.directory,
  })
  assert.equal(sent.status, 0, sent.stdout + sent.stderr)
})

test('the second program gets a password of its own, at the bridge that is there', async (t) => {
  const world = await openWorld(t)
  const { home, user, provider } = world
  const account = [user, 'other', 'app', provider.url, 'mail', `${testClientId}-app-post`]
  const server = `localhost:${world.mail.port}`
  const lines = [...account, testClientSecret, 'no', 'other-smtp', server, 'background', 'no']
  const run = (given: string[]) =>
    runClient(home, ['init'], given.map((line) => `${line}\n`).join(''))
  const first = await run(lines)
  assert.deepEqual([first.status, first.stderr], [0, ''])
  const shown = /^What the program needs to know:\n(?: {2}.*\n)+/m.exec(first.stdout)?.[0]
  const [, port = ''] = /^ {2}port +(\d+)$/m.exec(first.stdout) ?? []
  const [, password = ''] = /^ {2}password +([a-z2-7]{24}) /m.exec(first.stdout) ?? []
  const names = { user, port, password }
  assertSentence(shown, 'what is typed into a program', names)
  const before = await readFile(home.configFile, 'utf8')
  const second = await run([user, 'no', 'dma', 'no'])
  assert.deepEqual([second.status, second.stderr], [0, ''])
  assert.equal(await readFile(home.configFile, 'utf8'), before)
  const directory = join(dirname(home.configFile), 'dma')
  const authorization = await readFile(join(directory, 'auth.conf'), 'utf8')
  assert.match(authorization, new RegExp(`^${user}\\|127\\.0\\.0\\.1:[a-z2-7]{24}$`, 'm'))
  assert.ok(!authorization.includes(password))
  assert.match(
    await readFile(join(directory, 'dma.conf'), 'utf8'),
    new RegExp(`^PORT ${port}$`, 'm'),
  )
  assertSentence(
    second.stdout.slice(second.stdout.indexOf('\nTo do:')),
    'the files of a program are put where only root can write',
    { directory },
  )
  const third = await run([user, 'no', 'dma', 'no'])
  assert.ok(third.stdout.includes(`wrote ${directory}-2/auth.conf\n`), third.stdout)
  const { stdout: listed } = await runClient(home, ['bridge', 'list-passwords'])
  assert.match(listed, new RegExp(`^other-smtp .*\\n?`, 'm'))
  assert.match(listed, new RegExp(`^dma-2 +.*${user}$`, 'm'))
})
