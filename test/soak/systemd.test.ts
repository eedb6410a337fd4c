/**
 * The system units: `systemd-analyze verify` has nothing to say, the exposure is 1.3 at most, and in
 * a systemd that is really booted the socket's first client starts the daemon, 6 kills in a row cost
 * no request, and the documented installation gets tokens through a refresh, a reload and a kill. Needs
 * root and systemd's programs. Takes a minute.
 */
import assert from 'node:assert/strict'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { blocksOf } from '../documents/documents.ts'
import { ask } from '../daemon/socket/token-socket.ts'
import { bootSystemd, type BootedSystemd } from './booted-systemd.ts'
import { requireRoot } from './require-root.ts'
import { startHelper } from './start-helper.ts'
import '../system/systemd.test.ts'

const root = join(import.meta.dirname, '..', '..')
const kills = 6
const requestsPerKill = 200

async function untilThere(path: string): Promise<void> {
  const begun = performance.now()
  while (!existsSync(path)) {
    assert.ok(performance.now() < begun + 30_000, `no "${path}" after 30 s`)
    await delay(20)
  }
}

/** Asks the token socket of a booted systemd; also while the daemon behind it is being restarted. */
function asker({ root }: BootedSystemd): (request: string) => Promise<string> {
  const socket = `${root}/run/cms-oauth/cms.sock`
  return async (request) => {
    await untilThere(socket)
    return ask(socket, request).catch((error: Error) => error.message)
  }
}

test(`in a booted systemd ${kills} kills in a row cost no request`, async (t) => {
  requireRoot()
  const begun = performance.now()
  const systemd = await bootSystemd(t)
  const answer = asker(systemd)
  const request = async () => {
    assert.match(await answer('SMTP,json user@example.com'), /"error":"sign_in_required"/)
  }
  await request()
  t.diagnostic(`the first answer ${(performance.now() - begun).toFixed(0)} ms after the boot began`)
  let asked = 0
  for (let kill = 0; kill < kills; kill++) {
    systemd.run(['systemctl', 'kill', '--signal=KILL', 'cms-oauthd.service'])
    for (let count = 0; count < requestsPerKill; count++, asked++) await request()
  }
  t.diagnostic(`${kills} kills, ${asked} requests, all answered`)
  assert.equal(systemd.run(['systemctl', 'is-active', 'cms-oauthd.service']).trim(), 'active')
  assert.match(
    systemd.run(['systemctl', 'show', '--property=NRestarts', 'cms-oauthd.service']),
    new RegExp(`=${kills}$`, 'm'),
  )
})

const withOutbox = `[[account]]
user = "user@example.com"
provider = "office365"
client_id = "id"
[[outbox]]
account = "user@example.com"
aliases = { root = "me@example.org" }
allow = { users = ["root"] }
`

test('in a booted systemd restarts and kills refuse nobody who sends into the outbox', async (t) => {
  requireRoot()
  const systemd = await bootSystemd(t)
  const { root } = systemd
  await untilThere(`${root}/run/cms-oauth/cms.sock`)
  writeFileSync(`${root}/etc/cms-oauth/config.toml`, withOutbox)
  systemd.run(['systemctl', 'daemon-reload'])
  systemd.run(['systemctl', 'start', 'cms-oauthd-outbox.socket'])
  const { ino } = statSync(`${root}/run/cms-oauth/outbox.sock`)
  const send = (subject: string) =>
    systemd.run(['cms-oauth', 'sendmail', 'root'], `Subject: ${subject}\n\nAll is well.\n`)
  // The first starts the daemon.
  assert.equal(send('first'), '')
  const disturbances = [
    ['systemctl', 'kill', '--signal=KILL', 'cms-oauthd.service'],
    ['systemctl', 'restart', '--no-block', 'cms-oauthd.service'],
    ['systemctl', 'stop', 'cms-oauthd.service'],
  ]
  for (const [index, disturbance] of disturbances.entries()) {
    systemd.run(disturbance)
    for (const count of [1, 2]) assert.equal(send(`${index} ${count}`), '')
  }
  const spool = `${root}/var/lib/cms-oauth/outbox/outbox/new`
  assert.equal(readdirSync(spool).length, 1 + 2 * disturbances.length)
  assert.equal(statSync(`${root}/run/cms-oauth/outbox.sock`).ino, ino)
})

const documentedConfiguration = (url: string) => `[[account]]
user = "user@example.com"
provider = "oidc"
client_id = "client"
client_secret = "inline"
scopes = ["mail"]
authorization_endpoint = "${url}/authorize"
token_endpoint = "${url}/token"
[[socket]]
[[token_file]]
path = "/var/spool/tokens/user"
account = "user@example.com"
format = "token"
mode = "0640"
group = "mail"
`

function client(...args: string[]): string[] {
  return ['env', 'CMS_OAUTH_CONTROL=/run/cms-oauthd/control.sock', 'cms-oauth', ...args]
}

/** What systemd/README.md says about a group and a token file. */
const dropIn = `[Service]
Environment=NODE_EXTRA_CA_CERTS=/etc/cms-oauth/ca.pem
SupplementaryGroups=mail
SystemCallFilter=@chown
ReadWritePaths=/var/spool/tokens
`

test('in a booted systemd the documented installation signs in, refreshes, reloads and comes back', async (t) => {
  requireRoot()
  const systemd = await bootSystemd(t)
  const { root, pid } = systemd
  const answer = asker(systemd)
  await untilThere(`${root}/run/cms-oauth/cms.sock`)
  const { said } = await startHelper<{ url: string; caFile: string }>(
    t,
    'token-endpoint.ts',
    ['3600'],
    pid,
  )
  cpSync(said.caFile, `${root}/etc/cms-oauth/ca.pem`)
  chmodSync(`${root}/etc/cms-oauth/ca.pem`, 0o644)
  writeFileSync(`${root}/etc/cms-oauth/config.toml`, documentedConfiguration(said.url))
  mkdirSync(`${root}/etc/systemd/system/cms-oauthd.service.d`)
  writeFileSync(`${root}/etc/systemd/system/cms-oauthd.service.d/local.conf`, dropIn)
  systemd.run(['chgrp', 'cms-oauth', '/etc/cms-oauth/config.toml'])
  systemd.run(['chmod', '640', '/etc/cms-oauth/config.toml'])
  systemd.run(['install', '-d', '-o', 'cms-oauth', '-g', 'mail', '-m', '750', '/var/spool/tokens'])
  systemd.run(['systemctl', 'daemon-reload'])
  systemd.run(['systemctl', 'start', 'cms-oauthd.service'])
  systemd.run(client('import', 'user@example.com'), 'r-imported')
  const token = () => answer('SMTP,token user@example.com')
  assert.equal(await token(), 'access-1')
  systemd.run(client('refresh', 'user@example.com'))
  assert.equal(await token(), 'access-2')
  systemd.run(['systemctl', 'reload', 'cms-oauthd.service'])
  assert.equal(await token(), 'access-2')
  assert.equal(readFileSync(`${root}/var/spool/tokens/user`, 'utf8'), 'access-2')
  const stat = ['stat', '--format=%a %U %G', '/var/spool/tokens/user']
  assert.equal(systemd.run(stat).trim(), '640 cms-oauth mail')
  systemd.run(['systemctl', 'kill', '--signal=KILL', 'cms-oauthd.service'])
  assert.equal(await token(), 'access-3')
  systemd.run(['systemctl', 'restart', 'cms-oauthd.service'])
  assert.equal(await token(), 'access-4')
})

/** The units of examples/bridge/systemd/, each with a [[bridge]] that has its name. */
const lowPorts = [
  { name: 'smtp', port: 25, protocol: 'SMTP', keys: '' },
  { name: 'submission', port: 587, protocol: 'SMTP', keys: '' },
  { name: 'imap', port: 143, protocol: 'IMAP', keys: '' },
  { name: 'imaps', port: 993, protocol: 'IMAP', keys: 'tls = "implicit"\n' },
]
const unitOf = (name: string) => `cms-oauthd-${name}.socket`

/** Logs in, and prints what it is told up to the verdict. */
const dialogue = `const [port, protocol, user, password] = process.argv.slice(1)
const to = { port, host: '127.0.0.1', rejectUnauthorized: false }
const socket = port === '993' ? require('tls').connect(to) : require('net').connect(to)
let said = ''
socket.on('data', (data) => {
  said += data
  if (/^(454|535|500|a NO|a BAD) /m.test(said)) process.stdout.write(said, () => process.exit())
})
const plain = Buffer.from('\\0' + user + '\\0' + password).toString('base64')
socket.write(protocol === 'SMTP' ? 'EHLO test\\r\\nAUTH PLAIN ' + plain + '\\r\\n' : 'a LOGIN ' + user + ' ' + password + '\\r\\n')`

/** The answers up to that to the right password: there is no token. */
const served: Record<string, RegExp> = {
  SMTP: /^220 [^]*^250[ -]AUTH PLAIN [^]*^454 4\.7\.0 /m,
  IMAP: /^\* OK \[CAPABILITY IMAP4rev1 [^]*^a NO \[CONTACTADMIN\] /m,
}

test('in a booted systemd bridges have ports 25, 143, 587 and 993 without privilege, through a reload and a kill', async (t) => {
  requireRoot()
  const systemd = await bootSystemd(t)
  const { root: booted } = systemd
  await untilThere(`${booted}/run/cms-oauth/cms.sock`)
  const [toml = ''] = blocksOf('systemd/README.md', 'toml').filter((block) =>
    block.includes('bridge'),
  )
  const bridges = lowPorts.map(({ name, protocol, keys }) =>
    `${toml}server = "localhost:1"\n${keys}`
      .replace('user@domain.com', 'user@example.com')
      .replace('"submission"', `"${name}"`)
      .replace('"SMTP"', `"${protocol}"`),
  )
  const file = `${booted}/etc/cms-oauth/config.toml`
  writeFileSync(file, `${readFileSync(file, 'utf8')}\n${bridges.join('\n')}`)
  const [shell = ''] = blocksOf('systemd/README.md', 'sh').filter((block) =>
    block.includes('submission'),
  )
  const units = lowPorts.map(({ name }) => unitOf(name))
  for (const unit of units) {
    cpSync(
      join(root, 'examples', 'bridge', 'systemd', unit),
      `${booted}/etc/systemd/system/${unit}`,
    )
  }
  const steps = shell.split('\n').slice(1).join('\n')
  systemd.run(['sh', '-ec', steps.replace(unitOf('submission'), units.join(' '))])
  const password = systemd.run(client('bridge', 'add-password', 'soak')).trim()
  const sayAll = () => {
    for (const { port, protocol } of lowPorts) {
      const login = [String(port), protocol, 'user@example.com', password]
      const said = systemd.run(['node', '-e', dialogue, '--', ...login])
      assert.match(said, served[protocol] ?? /^$/, `port ${port}`)
    }
  }
  sayAll()
  systemd.run(['systemctl', 'reload', 'cms-oauthd.service'])
  sayAll()
  systemd.run(['systemctl', 'kill', '--signal=KILL', 'cms-oauthd.service'])
  sayAll()
})

test('the documented removal of the system units leaves nothing', async (t) => {
  requireRoot()
  const systemd = await bootSystemd(t)
  await untilThere(`${systemd.root}/run/cms-oauth/cms.sock`)
  systemd.run(['systemctl', 'start', 'cms-oauthd.service'])
  const [removal = ''] = blocksOf('systemd/README.md', 'sh').filter((block) =>
    block.includes('userdel'),
  )
  systemd.run(['sh', '-ec', removal])
  const left = systemd.run([
    'sh',
    '-c',
    'find /etc /var/lib /run -path "*cms-oauth*" -not -path "/run/systemd/*"; getent passwd cms-oauth; true',
  ])
  assert.equal(left, '')
  const show = ['systemctl', 'show', '--property=LoadState', '--value', 'cms-oauthd.service']
  assert.equal(systemd.run(show).trim(), 'not-found')
})
