import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { findGroupId, findUserId } from '../../src/kernel/user-database.ts'
import { type RunningDaemon, runProgram } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'

const root = join(import.meta.dirname, '..', '..')
const message = 'From: user@example.com\nTo: friend@example.org\nSubject: hello\n\nfrom exim\n'

let world: World
let daemon: RunningDaemon
let rawSocket: string
let base64Socket: string

before(async () => {
  world = await createWorld()
  rawSocket = join(world.home.directory, 'mail', 'exim', 'cms.sock')
  base64Socket = join(world.home.directory, 'mail', 'exim', 'base64.sock')
  const example = await readFile(join(root, 'examples', 'exim4', 'config.toml'), 'utf8')
  const socket = example.replace('/home/XX/mail/.cms/exim/cms.sock', rawSocket)
  const second = `[[socket]]\npath = "${base64Socket}"\nmode = "0660"\ngroup = "Debian-exim"\n`
  await mkdir(join(world.home.directory, 'mail', 'exim'), { recursive: true })
  // Search permission on every directory above the socket, and reading of nothing.
  await chmod(world.home.directory, 0o711)
  await chmod(world.provider.certificates.directory, 0o755)
  daemon = await startSignedIn(world, `${accountToml(world)}\n${socket}\n${second}`)
})

after(async () => {
  await daemon.stop()
  await world.close()
})

/** A configuration of exim that hands everything to the test's server, as Debian-exim. */
function configuration(spool: string, authenticator: string): string {
  return `
exim_user = Debian-exim
exim_group = Debian-exim
spool_directory = ${spool}
log_file_path = ${spool}/log-%s
primary_hostname = localhost
never_users =
trusted_users = root
tls_advertise_hosts =
keep_environment =
begin routers
all:
  driver = manualroute
  route_list = * 127.0.0.1::${world.mail.port} byname
  self = send
  transport = smart
begin transports
smart:
  driver = smtp
  hosts_require_auth = *
  hosts_require_tls = *
  tls_verify_certificates = ${world.provider.certificates.caFile}
  tls_verify_cert_hostnames =
begin authenticators
${authenticator}
`
}

async function send(authenticator: string) {
  const spool = join(world.home.directory, `spool-${randomUUID()}`)
  await mkdir(spool, { mode: 0o750 })
  await chown(spool, findUserId('Debian-exim') ?? 0, findGroupId('Debian-exim') ?? 0)
  const file = join(spool, 'exim.conf')
  await writeFile(file, configuration(spool, authenticator), { mode: 0o644 })
  const exim = installedProgram('exim4', 'exim4-daemon-light')
  const args = ['-C', file, '-odf', '-oi', '-f', world.user, 'friend@example.org']
  const result = await runProgram(exim, args, world.home.env, message)
  const log = await readFile(join(spool, 'log-main'), 'utf8').catch(() => '')
  return { ...result, log }
}

async function originalAuthenticator(): Promise<string> {
  const example = await readFile(join(root, 'examples', 'exim4', 'authenticator'), 'utf8')
  return example
    .replace('/home/XX/mail/.cms/exim/cms.sock', rawSocket)
    .replace('user@domain', world.user)
}

test("exim delivers with the original's authenticator, as Debian-exim, on a raw socket", async () => {
  const { status, stderr, log } = await send(await originalAuthenticator())
  assert.equal(status, 0, stderr)
  const delivered = world.mail.messages.at(-1)
  assert.equal(delivered?.user, world.user, log)
  assert.deepEqual(delivered?.to, ['friend@example.org'])
  assert.match(delivered?.text ?? '', /from exim/)
  const granted = await daemon.logged((line) => line.event === 'token.granted')
  assert.equal(granted['uid'], findUserId('Debian-exim'))
})

test('exim is refused where the socket answers in base64 already, and delivers with base64d', async () => {
  const original = (await originalAuthenticator()).replace(rawSocket, base64Socket)
  const before = world.mail.messages.length
  await send(original)
  assert.equal(world.mail.messages.length, before)
  const decoding = original.replace(/: (\$\{readsocket.*\})$/m, ': ${base64d::$1}')
  const { log } = await send(decoding)
  assert.equal(world.mail.messages.length, before + 1, log)
})

test('exim defers the message when the account is not known to the socket', async () => {
  const before = world.mail.messages.length
  const authenticator = (await originalAuthenticator()).replace(world.user, 'nobody@example.com')
  const { log } = await send(authenticator)
  assert.equal(world.mail.messages.length, before)
  assert.match(log, /defer|==/)
})
