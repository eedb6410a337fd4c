import assert from 'node:assert/strict'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { isMailServer, isOwnServer } from '../../src/client/is-mail-server.ts'
import { Connection } from '../../src/mail/connection/connection.ts'
import { createMailTls } from '../../src/mail/connection/verified-tls.ts'
import { testLogin } from '../../src/mail/login-test.ts'
import { Mask } from '../../src/logging/mask.ts'
import { SmtpSession } from '../../src/mail/smtp-session.ts'
import {
  findService,
  mailServers,
  type MailServiceName,
  mailServices,
} from '../../src/provider-facts/mail-services.ts'
import { runClient, runProgram, type RunningDaemon } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'

const root = join(import.meta.dirname, '..', '..')
const server = 'protocol=smtp\nhost=smtp.office365.com:587\n'

let world: World
let daemon: RunningDaemon

before(async () => {
  world = await createWorld()
  daemon = await startSignedIn(world, accountToml(world))
  const { directory, env } = world.home
  await mkdir(join(directory, 'bin'))
  await symlink(join(root, 'bin', 'cms-oauth.js'), join(directory, 'bin', 'cms-oauth'))
  env['PATH'] = `${directory}/bin:${env['PATH']}`
  env['GIT_CONFIG_NOSYSTEM'] = '1'
  // Asked for a password, it would wait for somebody.
  env['GIT_TERMINAL_PROMPT'] = '0'
  const example = await readFile(join(root, 'examples', 'git', 'gitconfig-credential'), 'utf8')
  await writeFile(join(directory, '.gitconfig'), example.replaceAll('user@domain', world.user))
})

after(async () => {
  await daemon.stop()
  await world.close()
})

function git(operation: string, description: string) {
  return runProgram(
    installedProgram('git', 'git'),
    ['credential', operation],
    world.home.env,
    description,
  )
}

async function passwordOf(description: string): Promise<string | undefined> {
  const { stdout } = await git('fill', description)
  return /^password=(.*)$/m.exec(stdout)?.[1]
}

test('git is given a token that the provider knows, with its end', async () => {
  const { status, stdout } = await git('fill', `${server}username=${world.user}\n\n`)
  assert.equal(status, 0)
  const password = /^password=(.*)$/m.exec(stdout)?.[1] ?? ''
  assert.equal(await world.provider.introspect(password), world.user)
  assert.match(stdout, new RegExp(`^username=${world.user}$`, 'm'))
  const helped = await runClient(
    world.home,
    ['git-credential', 'get'],
    `${server}username=${world.user}\n\n`,
  )
  const [, expiry = ''] = /^password_expiry_utc=(\d+)$/m.exec(helped.stdout) ?? []
  assert.ok(Number(expiry) > Date.now() / 1_000)
})

/** What a password of git's is worth at the mail server. */
async function isLetIn(password: string): Promise<boolean> {
  const { user } = world
  const connection = await Connection.open({
    server: { host: 'localhost', port: world.mail.port, isImplicitTls: false },
    tls: createMailTls([world.provider.certificates.ca]),
  })
  const facts = { user, provider: undefined, isAppOnly: false }
  const session = new SmtpSession({ connection, facts, mask: new Mask() })
  try {
    await testLogin(session, { account: user, user, protocol: 'SMTP', accessToken: password })
    return true
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'mail_login_refused')
    return false
  }
}

test('the mail server takes what git is given, but no other token and no other format', async (t) => {
  const file = join(world.home.directory, '.gitconfig')
  const example = await readFile(file, 'utf8')
  t.after(() => writeFile(file, example))
  const helper = 'cms-oauth git-credential'
  const wrongs = [
    'echo password=wrong-token-that-nobody-issued; :',
    `echo password=$(cms-oauth --user=${world.user} --output=xoauth2-b64); :`,
  ]
  for (const [command, isRight] of [[helper, true], ...wrongs.map((wrong) => [wrong, false])]) {
    await writeFile(file, example.replace(`!${helper}`, `"!${String(command)}"`))
    const password = (await passwordOf(`${server}username=${world.user}\n\n`)) ?? ''
    assert.notEqual(password, '')
    assert.equal(await isLetIn(password), isRight, String(command))
  }
})

test('git takes the answers to store and erase, which change nothing', async () => {
  const before = await passwordOf(`${server}username=${world.user}\n\n`)
  const whole = `${server}username=${world.user}\npassword=${before}\n\n`
  assert.equal((await git('approve', whole)).status, 0)
  assert.equal((await git('reject', whole)).status, 0)
  assert.equal(await passwordOf(`${server}username=${world.user}\n\n`), before)
})

test('git is given nothing for another server, or without a user', async () => {
  assert.equal(
    await passwordOf(`protocol=https\nhost=example.com\nusername=${world.user}\n\n`),
    undefined,
  )
  assert.equal(await passwordOf(`${server}\n`), undefined)
})

test('the helper prints nothing, and succeeds, for what is not mail or not known', async () => {
  const silent = { status: 0, stdout: '', stderr: '' }
  const ask = (operation: string, description: string) =>
    runClient(world.home, ['git-credential', operation], description)
  assert.deepEqual(await ask('get', `protocol=https\nusername=${world.user}\n\n`), silent)
  assert.deepEqual(await ask('get', `protocol=smtp\nusername=${world.user}\n\n`), silent)
  assert.deepEqual(await ask('get', ''), silent)
  assert.deepEqual(await ask('get', `protocol=toString\nusername=${world.user}\n\n`), silent)
  assert.deepEqual(await ask('get', `${server}username=somebody\n\n`), silent)
  assert.deepEqual(await ask('store', `${server}username=${world.user}\npassword=x\n\n`), silent)
  assert.deepEqual(await ask('erase', `${server}username=${world.user}\n\n`), silent)
  assert.deepEqual(await ask('get', `${server}username=${world.user} ignored\n\n`), silent)
  assert.deepEqual(await ask('of-a-later-git', `${server}username=${world.user}\n\n`), silent)
})

test('the helper says why it has nothing for an address', async () => {
  const { status, stdout, stderr } = await runClient(
    world.home,
    ['git-credential', 'get'],
    `${server}username=nobody@example.com\n\n`,
  )
  assert.deepEqual([status, stdout], [67, ''])
  assert.match(stderr, /^cms-oauth: error: no account "nobody@example\.com"/)
})

test('imap and imaps ask for a token that reads mail', async () => {
  for (const protocol of ['imap', 'imaps']) {
    const description = `protocol=${protocol}\nhost=imap.gmail.com\nusername=${world.user}\n\n`
    const { status, stderr } = await runClient(world.home, ['git-credential', 'get'], description)
    assert.equal(status, 77)
    assert.match(stderr, /^cms-oauth: error: .*IMAP/)
  }
})

/** What the helper says where git is about to talk to this server. */
function askFor(host: string, ...options: string[]) {
  const description = `protocol=smtp\nhost=${host}\nusername=${world.user}\n\n`
  return runClient(world.home, ['git-credential', ...options, 'get'], description)
}

test('the helper gives a token to no server that it does not know, unless told to', async () => {
  const { status, stdout, stderr } = await askFor('mail.example.org:587')
  assert.deepEqual([status, stdout], [77, ''])
  assert.match(stderr, /^cms-oauth: error: "mail\.example\.org:587" is not a mail server that/m)
  assert.match(stderr, /^cms-oauth: hint: .*git-credential --any-host"$/m)
  assert.match((await askFor('mail.example.org:587', '--any-host')).stdout, /^password=/m)
  assert.match((await askFor('SMTP.Gmail.com:587')).stdout, /^password=/m)
})

test('a server is known by its whole name, in any case of letters', () => {
  for (const host of ['SMTP.Gmail.com', 'smtp.office365.com:587', 'smtp-mail.outlook.com.']) {
    assert.ok(isMailServer(host), host)
  }
  for (const host of [
    'smtp.gmail.com.example.org',
    'smtp.gmail.com@x',
    'gmail.com',
    '',
    '[::1]:25',
  ]) {
    assert.ok(!isMailServer(host), host)
  }
})

test("the servers of its own domain and of this machine are the address's own", async () => {
  const user = 'user@Mail.Example.org'
  const own = [
    'mail.example.org',
    'smtp.MAIL.example.org.:587',
    'localhost:2525',
    '127.0.0.1',
    '[::1]:25',
  ]
  assert.deepEqual(
    own.filter((host) => isOwnServer(host, user)),
    own,
  )
  for (const host of [
    'example.org',
    'xmail.example.org',
    'mail.example.org.evil.example',
    'mail.example.org@evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '.',
    '',
  ]) {
    assert.ok(!isOwnServer(host, user), host)
  }
  const domain = world.user.slice(world.user.indexOf('@') + 1)
  for (const host of [`smtp.${domain}:587`, 'localhost:1025']) {
    assert.match((await askFor(host)).stdout, /^password=/m, host)
  }
})

test('Emacs knows the same servers as the helper, and both know those that init writes', async () => {
  const source = await readFile(join(root, 'examples', 'emacs', 'cms-oauth.el'), 'utf8')
  const [, list = ''] = /\(defcustom cms-oauth-hosts\s+'\(([^)]+)\)/.exec(source) ?? []
  const hosts = Array.from(list.matchAll(/"([^"]+)"/g), ([, host]) => host)
  assert.deepEqual(hosts, mailServers)
  for (const name of Object.keys(mailServices) as MailServiceName[]) {
    for (const host of Object.values(findService(name).servers ?? {})) {
      assert.ok(isMailServer(host), host)
    }
  }
})

test('the helper is not for people', async () => {
  const { status, stderr } = await runClient(world.home, ['git-credential'])
  assert.equal(status, 64)
  assert.match(stderr, /hint: in the configuration of git: helper = !cms-oauth git-credential\n$/)
})
