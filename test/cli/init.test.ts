import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { mailPrograms } from '../../src/cli/init/mail-programs.ts'
import { likelyService, mailServices } from '../../src/cli/init/mail-services.ts'
import { loadConfiguration } from '../../src/config/load.ts'
import { type Home, runClient } from '../support/daemon.ts'
import { openTerminal } from '../support/terminal.ts'
import { temporaryHome } from './run-against.ts'

const user = 'me@example.com'

function init(home: Home, answers: readonly string[], options: readonly string[] = []) {
  return runClient(home, ['init', ...options], answers.map((answer) => `${answer}\n`).join(''))
}

test('each program gets its example, filled in, beside a configuration that is good', async (t) => {
  for (const [program, { example, protocols }] of Object.entries(mailPrograms)) {
    const home = await temporaryHome(t)
    const { status, stdout, stderr } = await init(home, [user, '', 'client', program])
    assert.deepEqual([status, stderr], [0, ''], program)
    const configuration = loadConfiguration({ file: home.configFile, env: home.env })
    assert.deepEqual(configuration.accounts[0]?.user, user)
    assert.deepEqual(configuration.sockets.at(-1)?.protocols, protocols)
    const path = join(dirname(home.configFile), example.replace(/.*\//, ''))
    assert.ok(stdout.includes(`wrote ${path}, which is for `), stdout)
    const text = await readFile(path, 'utf8')
    assert.doesNotMatch(text, /user(@|%40)domain|home\/XX|gmail\.com:|other@gmail/)
    assert.match(text, /me(@|%40)example\.com/)
    assert.equal((await stat(home.configFile)).mode & 0o777, 0o600)
  }
})

test('each service gets what it needs, and the hosts of its own', async (t) => {
  for (const [service, { hosts, hasSecret }] of Object.entries(mailServices)) {
    const home = await temporaryHome(t)
    const { status, stdout } = await init(home, [user, service, 'client', 'mutt'])
    assert.equal(status, 0)
    const text = await readFile(home.configFile, 'utf8')
    assert.equal(text.includes('client_secret_file'), hasSecret)
    assert.equal(stdout.includes('edit what is marked EDIT'), text.includes('EDIT'))
    const { accounts } = loadConfiguration({ file: home.configFile, env: home.env })
    assert.equal(accounts.length, 1)
    const muttrc = await readFile(join(dirname(home.configFile), 'muttrc'), 'utf8')
    assert.ok(muttrc.includes(hosts.smtp) && muttrc.includes(hosts.imap))
  }
})

test('exim gets a socket of its own that answers raw', async (t) => {
  const home = await temporaryHome(t)
  await init(home, [user, '', 'client', 'exim4'])
  const { sockets } = loadConfiguration({ file: home.configFile, env: home.env })
  const { path = '', mode, group, reply } = sockets[1] ?? {}
  assert.deepEqual([mode, group, reply], [0o660, 'Debian-exim', 'xoauth2'])
  const text = await readFile(join(dirname(home.configFile), 'authenticator'), 'utf8')
  assert.ok(text.includes(`\${readsocket{${path}}{SMTP ${user}}}`))
})

test('exim gets what makes its mail wait, with where that goes', async (t) => {
  const home = await temporaryHome(t)
  const { stdout } = await init(home, [user, '', 'client', 'exim4'])
  for (const [name, line, place] of [
    ['debian-transport', /^ *hosts_require_auth = \*$/m, /"remote_smtp_smarthost": without it/],
    ['debian-retry', /^\* +auth_failed +F,52w,15m$/m, /"begin retry"/],
    ['debian-macros', /_TLS_VERIFY_HOSTS = \*$/m, /exim4\.conf\.localmacros/],
  ] as const) {
    const path = join(dirname(home.configFile), name)
    assert.match(await readFile(path, 'utf8'), line)
    const told = stdout.split('\n').find((words) => words.startsWith(`wrote ${path}, which`))
    assert.match(told ?? '', place)
  }
})

test('a client ID that is not there yet is left to be filled in', async (t) => {
  const home = await temporaryHome(t)
  await init(home, [user, '', '', 'none'])
  assert.throws(() => loadConfiguration({ file: home.configFile, env: home.env }), {
    code: 'config_invalid',
    message: /key "account\[0\]\.client_id": must not be empty|client_id/,
  })
})

test('nothing is overwritten: neither the configuration', async (t) => {
  const home = await temporaryHome(t)
  await writeFile(home.configFile, 'mine')
  const { status, stdout, stderr } = await init(home, [user, '', 'client', 'none'])
  assert.deepEqual([status, stdout], [64, ''])
  assert.equal(
    stderr,
    `cms-oauth: error: "${home.configFile}" exists, and is left as it is\n` +
      'cms-oauth: hint: move it away, or name another file with --config\n',
  )
  assert.equal(await readFile(home.configFile, 'utf8'), 'mine')
})

test('nor the file of the program, and then there is no configuration either', async (t) => {
  const home = await temporaryHome(t)
  const path = join(dirname(home.configFile), 'msmtprc')
  await writeFile(path, 'mine')
  const { status, stderr } = await init(home, [user, '', 'client', 'msmtp'])
  assert.equal(status, 64)
  assert.ok(stderr.startsWith(`cms-oauth: error: "${path}" exists`))
  assert.equal(await readFile(path, 'utf8'), 'mine')
  assert.ok(!existsSync(home.configFile))
})

test('where nothing can be written, that is told', async (t) => {
  const home = await temporaryHome(t)
  await writeFile(home.configFile, 'a file')
  const path = join(home.configFile, 'c.toml')
  const { status, stderr } = await init(home, [user, '', '', 'none'], [`--config=${path}`])
  assert.equal(status, 64)
  assert.match(stderr, /^cms-oauth: error: "[^"]+\/c\.toml" cannot be written: (EEXIST|ENOTDIR)\n/)
  assert.match(stderr, /\ncms-oauth: hint: .*--config\n$/)
})

test('a configuration elsewhere is named to the daemon', async (t) => {
  const home = await temporaryHome(t)
  const path = join(home.directory, 'elsewhere', 'c.toml')
  const { stdout } = await init(home, [user, '', 'client', 'none'], [`--config=${path}`])
  assert.ok(stdout.includes(`\n  cms-oauthd --config=${path} --check\n`), stdout)
  assert.ok(stdout.includes(`\n  cms-oauthd --config=${path} & or the systemd`), stdout)
})

test('answers that end too early write nothing', async (t) => {
  const home = await temporaryHome(t)
  const { status, stderr } = await init(home, [user])
  assert.equal(status, 64)
  assert.match(stderr, /^cms-oauth: error: the answers ended too early: nothing was written\n/)
  assert.ok(!existsSync(home.configFile))
})

test('the service is guessed from the address', () => {
  assert.equal(likelyService('a@gmail.com'), 'gmail')
  assert.equal(likelyService('a@Company.onmicrosoft.com'), 'office365')
  assert.equal(likelyService('a@notgmail.com'), 'office365')
  assert.equal(likelyService('a@yahoo.com'), 'yahoo')
})

test('a person at a terminal sees questions, and may answer again', async (t) => {
  const home = await temporaryHome(t)
  const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauth.js')
  const terminal = await openTerminal(`'${program}' init`, home.env)
  t.after(() => terminal.close())
  await terminal.screen(/Address of the mailbox: *$/)
  await terminal.type('me', 'Enter')
  await terminal.screen(/user@domain\.com\nAddress of the mailbox: *$/)
  await terminal.type(user, 'Enter')
  await terminal.screen(/\[office365\]: *$/)
  await terminal.type('Enter')
  await terminal.screen(/later: *$/)
  await terminal.type('1234', 'Enter')
  await terminal.screen(/\[none\]: *$/)
  await terminal.type('Enter')
  assert.equal(
    (await terminal.screen(/\[0\]$/)).replaceAll(home.directory, '~'),
    `Address of the mailbox: me
  it looks like user@domain.com
Address of the mailbox: ${user}
Who keeps it (office365, gmail, fastmail, yahoo, other) [office365]:
  A client ID comes from https://entra.microsoft.com, App registrations (README, "Office365")
Client ID, or nothing to fill it in later: 1234
Mail program (exim4, msmtp, emacs, mutt, neomutt, mbsync, getmail6, s-nail, git, none) [none]:
wrote ~/config.toml

Now:
  cms-oauthd --check
  cms-oauthd &            or the systemd units of the README
  cms-oauth login ${user}
  cms-oauth --user=${user} --test-smtp=smtp.office365.com
[0]`,
  )
})

test('Ctrl-C ends it, and nothing is written', async (t) => {
  const home = await temporaryHome(t)
  const program = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauth.js')
  const terminal = await openTerminal(`'${program}' init`, home.env)
  t.after(() => terminal.close())
  await terminal.screen(/Address of the mailbox: *$/)
  await terminal.type('C-c')
  await terminal.screen(/\[130\]$/)
  assert.ok(!existsSync(home.configFile))
})
