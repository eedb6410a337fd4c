/**
 * The files for Postfix with the plugin sasl-xoauth2. Debian has no package of the plugin: its part is
 * played by a strict reader of its files, and the mail goes out by msmtp with what that reader found.
 */
import assert from 'node:assert/strict'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { type RunningDaemon, runClient, runProgram } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'
import { fillExample } from '../support/mail-client-world.ts'
import { readAsPlugin } from '../support/sasl-xoauth2-file.ts'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'

const message = 'From: user@example.com\nTo: friend@example.org\nSubject: hello\n\nfrom postfix\n'

let world: World
let daemon: RunningDaemon
let chroot: string
let tokenFile: string
let mainCf: Map<string, string>

before(async () => {
  world = await createWorld({ accessTokenLifetime: 3_600 })
  chroot = join(world.home.directory, 'spool')
  tokenFile = join(chroot, 'etc', 'tokens', world.user)
  await mkdir(join(chroot, 'etc', 'tokens'), { recursive: true })
  mainCf = parseMainCf(await fillExample('postfix/main.cf', places()))
  daemon = await startSignedIn(world, accountToml(world) + (await tokenFileToml()))
})

beforeEach(async () => {
  await world.home.configure(accountToml(world) + (await tokenFileToml()))
  await daemon.control.reload()
  await daemon.control.refresh(world.user)
})

after(async () => {
  await daemon.stop()
  await world.close()
})

/** The [[token_file]], and the servers, as a person would fill them in. */
function tokenFileToml(): Promise<string> {
  return fillExample('postfix/config.toml', {
    'user@domain.com': world.user,
    '/var/spool/postfix': chroot,
    'group = "postfix"': `group = "${process.getgid?.()}"`,
  })
}

function places(): Record<string, string> {
  return {
    '[smtp.office365.com]:587': `[localhost]:${world.mail.port}`,
    '/etc/ssl/certs/ca-certificates.crt': world.provider.certificates.caFile,
  }
}

function parseMainCf(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const [, name = '', value = ''] = /^(\w+) = (.*)$/.exec(line) ?? assert.fail(line)
      return [name, value] as const
    }),
  )
}

/** The user and "password" of a destination, as Postfix's table has them. */
async function findPassword(destination: string): Promise<{ user: string; password: string }> {
  const { '[smtp.office365.com]:587': server } = places()
  const table = await fillExample('postfix/sasl_passwd', {
    '[smtp.office365.com]:587': server ?? '',
    'user@domain.com': world.user,
  })
  for (const line of table.split('\n')) {
    const [key, value = ''] = line.split(/\s+/)
    if (key !== destination) continue
    const [user = '', password = ''] = value.split(':')
    return { user, password }
  }
  return assert.fail(`no password for ${destination}`)
}

/** What Postfix does with a message: looks up relay and password, reads the token, delivers. */
async function send() {
  const relayhost = mainCf.get('relayhost') ?? ''
  const [, host = '', port = ''] = /^\[(.*)\]:(\d+)$/.exec(relayhost) ?? []
  const { user, password } = await findPassword(relayhost)
  const read = readAsPlugin(await readFile(join(chroot, password), 'utf8'))
  const settings = [
    `--host=${host}`,
    `--port=${port}`,
    '--tls=on',
    `--tls-trust-file=${mainCf.get('smtp_tls_CAfile')}`,
    `--auth=${mainCf.get('smtp_sasl_mechanism_filter')}`,
    `--user=${read.user ?? user}`,
    `--from=${user}`,
    '--passwordeval=printf %s "$TOKEN"',
  ]
  const env = { ...world.home.env, TOKEN: read.accessToken }
  const msmtp = installedProgram('msmtp', 'msmtp')
  return runProgram(msmtp, ['-C', '/dev/null', ...settings, 'friend@example.org'], env, message)
}

async function assertDelivered(): Promise<void> {
  const { length } = world.mail.messages
  const { status, stderr } = await send()
  assert.equal(status, 0, stderr)
  assert.equal(world.mail.messages.length, length + 1)
  const { user, text } = world.mail.messages.at(-1) ?? {}
  assert.equal(user, world.user)
  assert.match(text ?? '', /from postfix/)
}

test('mail goes out with what is in the file, before and after a refresh', async () => {
  await assertDelivered()
  const old = await readFile(tokenFile, 'utf8')
  const { status } = await runClient(world.home, ['refresh', world.user])
  assert.equal(status, 0)
  assert.notEqual(await readFile(tokenFile, 'utf8'), old)
  await assertDelivered()
})

test('the file is open to its group and to nobody else', async () => {
  const { mode, gid } = await stat(tokenFile)
  assert.equal(mode & 0o7777, 0o640)
  assert.equal(gid, process.getgid?.())
})

test('main.cf has Postfix verify the server and keep mail that it cannot send yet', () => {
  assert.deepEqual(Object.fromEntries(mainCf), {
    bounce_queue_lifetime: '90d',
    maximal_queue_lifetime: '90d',
    relayhost: `[localhost]:${world.mail.port}`,
    smtp_delivery_status_filter: 'regexp:/etc/postfix/login_refusals',
    smtp_sasl_auth_enable: 'yes',
    smtp_sasl_auth_soft_bounce: 'yes',
    smtp_sasl_mechanism_filter: 'xoauth2',
    smtp_sasl_password_maps: 'texthash:/etc/postfix/sasl_passwd',
    smtp_sasl_security_options: 'noanonymous',
    smtp_tls_CAfile: world.provider.certificates.caFile,
    smtp_tls_security_level: 'secure',
  })
})

test("the plugin's own file has what it demands, each a string", async () => {
  const text = await fillExample('postfix/sasl-xoauth2.conf', {})
  const { client_id, client_secret, ...rest } = JSON.parse(text) as Record<string, string>
  assert.equal(typeof client_id, 'string')
  assert.equal(client_secret, '')
  assert.deepEqual(rest, {
    // The plugin has nothing to refresh with: it uses a token to its end.
    refresh_window: '0',
    log_to_syslog_on_failure: 'yes',
    log_full_trace_on_failure: 'no',
  })
})

test('a wrong token is refused by the server', async () => {
  const good = JSON.parse(await readFile(tokenFile, 'utf8')) as object
  await writeFile(tokenFile, JSON.stringify({ ...good, access_token: 'wrong' }))
  const { status } = await send()
  assert.notEqual(status, 0)
  assert.equal(world.mail.logins.at(-1)?.isAccepted, false)
})

test('a wrong format is refused by the reader', async () => {
  for (const format of ['token', 'xoauth2', 'json']) {
    const toml = (await tokenFileToml()).replace('"sasl-xoauth2"', `"${format}"`)
    await world.home.configure(accountToml(world) + toml)
    await daemon.control.reload()
    await assert.rejects(send(), format === 'json' ? /is not a member of the format/ : SyntaxError)
  }
})

test('without a token there is no file, and nothing reaches the server', async () => {
  const { length } = world.mail.logins
  await world.home.configure(accountToml(world))
  await daemon.control.reload()
  await assert.rejects(send(), { code: 'ENOENT' })
  assert.equal(world.mail.logins.length, length)
})

test('systemd accepts the drop-in for the service', async () => {
  const directory = join(world.home.directory, 'units')
  await mkdir(join(directory, 'cms-oauthd.service.d'), { recursive: true })
  const units = join(import.meta.dirname, '..', '..', 'systemd')
  for (const name of ['cms-oauthd.service', 'cms-oauthd.socket']) {
    const unit = await readFile(join(units, name), 'utf8')
    await writeFile(
      join(directory, name),
      unit
        .replaceAll('User=cms-oauth', 'User=root')
        .replace('/usr/bin/env cms-oauthd', '/bin/true'),
    )
  }
  const dropIn = await fillExample('postfix/service.conf', {})
  await writeFile(join(directory, 'cms-oauthd.service.d', 'postfix.conf'), dropIn)
  const analyze = installedProgram('systemd-analyze', 'systemd')
  const args = ['verify', '--man=no', join(directory, 'cms-oauthd.service')]
  const { status, stderr } = await runProgram(analyze, args, world.home.env)
  assert.equal(status, 0, stderr)
  assert.doesNotMatch(stderr, /postfix\.conf/)
})
