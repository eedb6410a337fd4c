/** What `init` asks, writes and leaves alone, with the real program. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { findProgram, mailPrograms } from '../../../src/client/init/mail-programs.ts'
import {
  findService,
  type MailServiceName,
  mailServices,
} from '../../../src/provider-facts/mail-services.ts'
import { loadConfiguration } from '../../../src/configuration-file/load.ts'
import { type Home, runClient } from '../../support/daemon.ts'
import { openTerminal } from '../../support/terminal.ts'
import { temporaryHome } from '../run-against.ts'
import { assertSentence, expectedError } from '../../support/golden.ts'

const user = 'me@example.com'
const clientId = '01234567-89ab-cdef-0123-456789abcdef'
const program = join(import.meta.dirname, '..', '..', '..', 'bin', 'cms-oauth.js')

function init(home: Home, answers: readonly string[], options: readonly string[] = []) {
  return runClient(home, ['init', ...options], answers.map((answer) => `${answer}\n`).join(''))
}

/** Office365, a person, the domain as tenant. */
function office365(mailProgram: string): string[] {
  return [user, '', '', clientId, '', 'yes', mailProgram]
}

function load(home: Home) {
  return loadConfiguration({ file: home.configFile, env: home.env })
}

for (const name of Object.keys(mailPrograms) as (keyof typeof mailPrograms)[]) {
  const { files, protocols, isOfSystem = false } = findProgram(name)
  test(`${name} gets its files, filled in, beside a configuration that is good`, async (t) => {
    const home = await temporaryHome(t)
    const { status, stdout, stderr } = await init(home, office365(name))
    assert.deepEqual([status, stderr], [0, ''])
    const directory = join(dirname(home.configFile), isOfSystem ? 'system' : '')
    const file = join(directory, 'config.toml')
    const { accounts, sockets } = loadConfiguration({ file, env: home.env })
    assert.equal(accounts[0]?.user, user)
    assert.deepEqual(sockets.at(-1)?.protocols, protocols)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.doesNotMatch(await readFile(file, 'utf8'), /EDIT/)
    for (const { example, place, isLibrary = false } of files) {
      const path =
        place?.replace('~', home.directory) ?? join(directory, example.replace(/.*\//, ''))
      assert.ok(stdout.includes(`wrote ${path}\n`), stdout)
      const text = await readFile(path, 'utf8')
      if (isLibrary) continue
      assert.doesNotMatch(text, /EDIT|user(@|%40)domain|home\/XX|gmail\.com:|other@gmail/)
    }
  })
}

/** What each service is asked for between its name and the mail program. */
const serviceAnswers: Record<MailServiceName, string[]> = {
  office365: ['person', clientId, ''],
  outlook: [clientId],
  gmail: ['', '1-x.apps.googleusercontent.com', 'canary-secret'],
  fastmail: ['client'],
  yahoo: ['client', 'canary-secret'],
  aol: ['client', 'canary-secret'],
  yandex: ['client', ''],
  mailru: ['client', 'canary-secret'],
  zoho: ['client', 'canary-secret'],
  other: ['', 'https://login.example.org', 'openid mail', 'client', ''],
}

for (const name of Object.keys(mailServices) as MailServiceName[]) {
  test(`${name} gets what it needs, and the hosts of its own`, async (t) => {
    const home = await temporaryHome(t)
    const { servers } = findService(name)
    const hosts = servers === undefined ? ['mail.example.org:2525', 'mail.example.org'] : []
    const { SMTP: smtp, IMAP: imap } = servers ?? {
      SMTP: 'mail.example.org:2525',
      IMAP: 'mail.example.org:993',
    }
    const [program, file] =
      smtp === undefined ? ['offlineimap3', '.offlineimaprc'] : ['mutt', '.muttrc']
    const { status, stdout } = await init(home, [
      user,
      name,
      ...serviceAnswers[name],
      'yes',
      program,
      ...hosts,
    ])
    assert.equal(status, 0, stdout)
    const { accounts } = load(home)
    assert.equal(accounts.length, 1)
    const text = await readFile(join(home.directory, file), 'utf8')
    for (const host of [smtp, imap]) assert.ok(host === undefined || text.includes(host), host)
    const secret = accounts[0]?.clientSecret
    if (!serviceAnswers[name].includes('canary-secret')) return assert.equal(secret, undefined)
    const path = join(dirname(home.configFile), `${user}.secret`)
    assert.deepEqual(secret, { from: 'file', path })
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.equal(await readFile(path, 'utf8'), 'canary-secret\n')
    assert.ok(!stdout.includes('canary'))
  })
}

test('an app signs in with a secret at Microsoft, with a key file at Google', async (t) => {
  const home = await temporaryHome(t)
  await init(home, [user, '', 'app', clientId, 'domain.example', 'canary-secret', '', 'none'])
  const [microsoft] = load(home).accounts
  assert.deepEqual([microsoft?.grant, microsoft?.tenant], ['client_credentials', 'domain.example'])
  const key = join(home.directory, 'key.json')
  await writeFile(key, '{"client_email": "a@b", "private_key": "x"}', { mode: 0o600 })
  const missing = join(home.directory, 'missing.json')
  const answers = ['you@example.com', 'gmail', 'app', missing, home.configFile, key, '', 'none']
  const { stdout } = await init(home, answers)
  assertSentence(stdout, 'an app signs in with a secret at Microsoft, with a key file at Google', {
    missing,
    configFile: home.configFile,
    user: 'you@example.com',
    program,
  })
  const [, google] = load(home).accounts
  assert.equal(google?.grant, 'service_account')
  assert.deepEqual(google.serviceAccountKey, { from: 'file', path: key })
})

test('a second account is added to the configuration, with what was in it', async (t) => {
  const home = await temporaryHome(t)
  await init(home, office365('none'))
  const before = await readFile(home.configFile, 'utf8')
  const answers = ['you@example.com', 'outlook', clientId, '', 'msmtp']
  const { status, stdout } = await init(home, answers)
  assert.equal(status, 0)
  assert.ok(stdout.includes(`added to ${home.configFile}\n`))
  const after = await readFile(home.configFile, 'utf8')
  assert.ok(after.startsWith(before.trimEnd()))
  assert.deepEqual(
    load(home).accounts.map((account) => account.user),
    [user, 'you@example.com'],
  )
  assert.equal((await stat(home.configFile)).mode & 0o777, 0o600)
})

test('an account that is there is not asked for again: only the program gets its file', async (t) => {
  const home = await temporaryHome(t)
  await init(home, office365('none'))
  const before = await readFile(home.configFile, 'utf8')
  const { status, stdout } = await init(home, [user, '', 'msmtp'])
  assert.equal(status, 0)
  assertSentence(stdout, 'an account that is there is not asked for again', {
    user,
    home: home.directory,
    program,
  })
  assert.equal(await readFile(home.configFile, 'utf8'), before)
  assert.match(await readFile(join(home.directory, '.msmtprc'), 'utf8'), /^host smtp\.office365/m)
})

test('a configuration that is not good is not added to', async (t) => {
  const home = await temporaryHome(t)
  await writeFile(home.configFile, 'mine')
  const { status, stdout, stderr } = await init(home, office365('none'))
  assert.deepEqual([status, stdout], [78, ''])
  assert.match(stderr, /^cms-oauth: error: .*config\.toml:1: /)
  assert.equal(await readFile(home.configFile, 'utf8'), 'mine')
})

test('where the addition does not fit in, the configuration stays, and the lines are shown', async (t) => {
  const home = await temporaryHome(t)
  const toml = `account = [{ user = "a@example.com", provider = "gmail", client_id = "x", client_secret = "y" }]\n`
  await home.configure(toml)
  const { status, stderr } = await init(home, office365('none'))
  assert.equal(status, 78)
  assertSentence(
    stderr,
    'where the addition does not fit in, the configuration stays, and the lines are shown',
    { user, configFile: home.configFile },
  )
  assert.equal(await readFile(home.configFile, 'utf8'), toml)
  assert.ok(!existsSync(`${home.configFile}.new`))
})

test('the file of a program is left as it is, and its lines are written beside the configuration', async (t) => {
  const home = await temporaryHome(t)
  const path = join(home.directory, '.gitconfig')
  await writeFile(path, 'mine')
  const { status, stdout } = await init(home, office365('git'))
  assert.equal(status, 0)
  assert.equal(await readFile(path, 'utf8'), 'mine')
  const beside = join(dirname(home.configFile), `gitconfig-msmtp-${user}`)
  assert.match(await readFile(beside, 'utf8'), /^\tfrom = me@example\.com$/m)
  const line = stdout.split('\n').find((each) => each.includes(`include.path ${beside}`))
  assertSentence(line, 'the include that is left to do', { path: beside })
  // Once more at the end, where a person looks.
  assertSentence(
    stdout.slice(stdout.indexOf('\nStill to do')).replaceAll(program, 'cms-oauth'),
    'what is left to do for the program',
    { path: beside },
  )
})

test("git's own name of the person stands before the address, unless it has to be quoted", async (t) => {
  for (const [name, sender] of [
    ['Åsa Öberg-Smith', `Åsa Öberg-Smith <${user}>`],
    ['A. Person', user],
    ['"a; b # c"', user],
  ] as const) {
    const home = await temporaryHome(t)
    await writeFile(join(home.directory, '.gitconfig'), `[user]\n\tname = ${name}\n`)
    await init(home, office365('git'))
    const beside = join(dirname(home.configFile), `gitconfig-msmtp-${user}`)
    assert.match(await readFile(beside, 'utf8'), new RegExp(`^\\tfrom = ${sender}$`, 'm'))
  }
})

test('a tenant is a domain, an ID, or a name for several; another is taken after a yes only', async (t) => {
  const home = await temporaryHome(t)
  const answers = [user, '', '', clientId, 'contoso', '', 'common', 'yes', 'none']
  const { status, stdout } = await init(home, answers)
  assert.equal(status, 0)
  const line = stdout.split('\n').find((each) => each.includes(clientId))
  assertSentence(line, 'a tenant that is none', { domain: 'example.com' })
  assert.match(await readFile(home.configFile, 'utf8'), /^tenant = "common"$/m)
})

test('a secret that is there is replaced after a yes only', async (t) => {
  const home = await temporaryHome(t)
  const path = join(dirname(home.configFile), `${user}.secret`)
  await writeFile(path, 'mine', { mode: 0o600 })
  const answers = [user, 'yahoo', 'client', 'another', '', 'none']
  const { stdout } = await init(home, [...answers, 'no'])
  const line = stdout.split('\n').find((each) => each.endsWith(`: ${path}`))
  assertSentence(line, 'a secret that stays', { path })
  assert.equal(await readFile(path, 'utf8'), 'mine')
})

test('where nothing can be written, that is told', async (t) => {
  const home = await temporaryHome(t)
  await writeFile(home.configFile, 'a file')
  const path = join(home.configFile, 'c.toml')
  const { status, stderr } = await init(home, office365('none'), [`--config=${path}`])
  assert.equal(status, 64)
  assertSentence(stderr, 'where nothing can be written, that is told', { path })
})

test('a client ID that is not there yet is left to be filled in', async (t) => {
  const home = await temporaryHome(t)
  const { stdout } = await init(home, [user, '', '', '', '', '', 'none'])
  assertSentence(stdout, 'a client ID that is not there yet is left to be filled in', {
    configFile: home.configFile,
    program,
  })
  assert.throws(
    () => load(home),
    expectedError('config_invalid', 'a configuration without the client ID', {
      configFile: home.configFile,
      key: 'key "client_id"',
    }),
  )
})

test('a client ID of another form is taken after a yes only', async (t) => {
  const home = await temporaryHome(t)
  const wrong = ['~secret~', 'no', 'with blank', 'own-id', 'yes', '', '', 'none']
  const { status, stdout } = await init(home, [user, '', '', ...wrong])
  assert.equal(status, 0)
  assertSentence(stdout, 'a client ID of another form is taken after a yes only', {
    configFile: home.configFile,
    user,
    program,
  })
  assert.equal(load(home).accounts[0]?.clientId, 'own-id')
})

test('what is declined is left to do, as commands', async (t) => {
  const home = await temporaryHome(t)
  const path = join(home.directory, 'elsewhere', 'c.toml')
  const { status, stdout } = await init(home, [...office365('msmtp'), 'no'], [`--config=${path}`])
  assert.equal(status, 0)
  assertSentence(
    stdout.slice(stdout.indexOf('\nTo do:')).replaceAll(program, 'cms-oauth'),
    'what is declined is left to do, as commands',
    { path, user },
  )
})

test('an address without a dot is taken after a yes, and is not proposed as a tenant', async (t) => {
  const home = await temporaryHome(t)
  const short = 'me@host'
  const answers = [short, 'no', short, 'yes', '', '', clientId, '', 'host.example', 'yes', 'none']
  const { status, stdout } = await init(home, answers)
  assert.equal(status, 0, stdout)
  const [account] = load(home).accounts
  assert.deepEqual([account?.user, account?.tenant], [short, 'host.example'])
  assert.equal(stdout.split('user@domain.com').length, 3)
  assert.doesNotMatch(stdout, /\[host\]|like host/)
})

test('an address that a shell would take apart is not written into commands', async (t) => {
  const home = await temporaryHome(t)
  const odd = ["o'brien@example.com", '../up@example.com', '$(id)@example.com']
  const { stdout } = await init(home, [...odd, ...office365('msmtp')])
  const refused = stdout.split('\n').filter((line) => line.includes('such characters'))
  assert.equal(refused.length, odd.length)
  for (const line of refused) assertSentence(line, 'an address of odd characters')
  assert.equal(load(home).accounts[0]?.user, user)
})

test('answers that end too early write nothing', async (t) => {
  const home = await temporaryHome(t)
  const { status, stderr } = await init(home, [user])
  assert.equal(status, 64)
  assertSentence(stderr, 'answers that end too early write nothing')
  assert.ok(!existsSync(home.configFile))
})

test('a person at a terminal of 60 columns sees questions, and no secret', async (t) => {
  const home = await temporaryHome(t)
  await mkdir(home.env['XDG_RUNTIME_DIR'] ?? '')
  const terminal = await openTerminal(`'${program}' init`, home.env, 60)
  t.after(() => terminal.close())
  const steps: [RegExp, string][] = [
    [/Address [^\n]+: *$/, 'me'],
    [/user@domain\.com\nAddress [^\n]+: *$/, 'me@yahoo.com'],
    [/\[yahoo\]: *$/, ''],
    [/Client ID[^\n]*: *$/, 'client'],
    [/Client secret [^]*: *$/, 'canary-secret'],
    [/\(yes, no[^)]*\) \[yes\]: *$/, ''],
    [/Mail program \[none\]: *$/, 'ms'],
    [/cms-oauthd [^\n]+ \[\w+\]: *$/, 'no'],
  ]
  for (const [question, answer] of steps) {
    await terminal.screen(question)
    await terminal.type(...(answer === '' ? [] : [answer]), 'Enter')
  }
  const shown = await terminal.screen(/\[0\]$/)
  assert.doesNotMatch(shown, /canary/)
  assert.match(shown, /^To do:$/m)
})

test('a question that is longer than the terminal is broken between words', async (t) => {
  const home = await temporaryHome(t)
  const terminal = await openTerminal(`'${program}' init`, home.env, 60)
  t.after(() => terminal.close())
  const steps: [RegExp, string][] = [
    [/Address [^\n]+: *$/, 'me@example.com'],
    [/\[office365\]: *$/, ''],
    [/\[person\]: *$/, ''],
    [/Client ID[^\n]*: *$/, '00000000-0000-0000-0000-000000000000'],
  ]
  for (const [question, answer] of steps) {
    await terminal.screen(question)
    await terminal.type(...(answer === '' ? [] : [answer]), 'Enter')
  }
  await terminal.screen(/^Tenant[^\n]* ID\n {2}\[example\.com\]: *$/m)
})

test('Ctrl-C ends it, and nothing is written', async (t) => {
  const home = await temporaryHome(t)
  const terminal = await openTerminal(`'${program}' init`, home.env)
  t.after(() => terminal.close())
  await terminal.screen(/Address of the mailbox: *$/)
  await terminal.type('C-c')
  await terminal.screen(/\[130\]$/)
  assert.ok(!existsSync(home.configFile))
})

test('a mailbox whose provider does not offer OAuth is told of, and another one asked for', async (t) => {
  const home = await temporaryHome(t)
  const { status, stdout } = await init(home, ['me@gmx.net', 'me@icloud.com', ...office365('none')])
  assert.equal(status, 0)
  const told = stdout.split('\n').filter((line) => /OAuth.*https:/.test(line))
  assert.equal(told.length, 2, stdout)
  assertSentence(told[0], 'GMX without OAuth', { service: 'GMX' })
  assertSentence(told[1], 'iCloud without OAuth', { service: 'iCloud' })
  assert.equal(load(home).accounts[0]?.user, user)
})

test('a program that needs what a service does not offer is not offered', async (t) => {
  const home = await temporaryHome(t)
  const answers = [user, 'zoho', 'client', 'secret', '', 'msmtp', 'none']
  const { status, stdout } = await init(home, answers)
  assert.equal(status, 0)
  const line = stdout.split('\n').find((each) => each.includes('OAuth for SMTP'))
  assertSentence(line, 'a protocol without OAuth', { protocol: 'SMTP' })
  assert.deepEqual(load(home).sockets[0]?.protocols, ['IMAP'])
})
