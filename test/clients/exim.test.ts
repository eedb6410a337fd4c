import assert from 'node:assert/strict'
import { chmod, chown, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { findGroupId, findUserId } from '../../src/kernel/user-database.ts'
import { type RunningDaemon, runProgram } from '../support/daemon.ts'
import { type Dovecot, startDovecot } from '../support/dovecot.ts'
import { admitExim, createExim, type Exim } from '../support/exim.ts'
import { installedProgram } from '../support/installed-program.ts'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'

const root = join(import.meta.dirname, '..', '..')
const examples = join(root, 'examples', 'exim4')
const message = 'From: user@example.com\nTo: friend@example.org\nSubject: hello\n\nfrom exim\n'

let world: World
let dovecot: Dovecot
let daemon: RunningDaemon
let rawSocket: string
let base64Socket: string
let originalSocket: string

before(async () => {
  installedProgram('exim4', 'exim4-daemon-light')
  world = await createWorld()
  dovecot = await startDovecot(world.provider)
  rawSocket = join(world.home.directory, 'mail', 'exim', 'cms.sock')
  base64Socket = join(world.home.directory, 'mail', 'exim', 'base64.sock')
  const example = await readFile(join(examples, 'config.toml'), 'utf8')
  const socket = example.replace('/home/XX/mail/.cms/exim/cms.sock', rawSocket)
  const second = `[[socket]]\npath = "${base64Socket}"\nmode = "0660"\ngroup = "Debian-exim"\n`
  await mkdir(join(world.home.directory, 'mail', 'exim'), { recursive: true })
  originalSocket = join(world.home.directory, 'mail', 'original', 'cms.sock')
  await mkdir(dirname(originalSocket))
  await chmod(dirname(originalSocket), 0o750)
  await chown(dirname(originalSocket), 0, findGroupId('Debian-exim') ?? 0)
  const moved = await readFile(join(root, 'examples', 'cloud_mdir_sync', 'config.toml'), 'utf8')
  const third = moved
    .slice(moved.indexOf('[[socket]]'))
    .replace('/home/XX/mail/.cms/exim/cms.sock', originalSocket)
  await admitExim(world)
  daemon = await startSignedIn(world, `${accountToml(world)}\n${socket}\n${second}\n${third}`)
})

after(async () => {
  await daemon.stop()
  await dovecot.close()
  await world.close()
})

/** Routes everything to one server, which Debian's configuration does with a smarthost. */
function configuration(port: number, authenticator: string): string {
  return `
primary_hostname = localhost
trusted_users = root
tls_advertise_hosts =
keep_environment =
begin routers
all:
  driver = manualroute
  route_list = * localhost::${port} byname
  transport = smart
begin transports
smart:
  driver = smtp
  hosts_require_auth = *
  hosts_require_tls = *
  tls_verify_hosts = *
  tls_verify_certificates = ${world.provider.certificates.caFile}
begin retry
* * F,2h,15m
begin authenticators
${authenticator}
`
}

/** An example, filled in. */
async function authenticator(name: string, socket = rawSocket): Promise<string> {
  const example = await readFile(join(examples, name), 'utf8')
  return example
    .replaceAll('/home/XX/mail/.cms/exim/cms.sock', socket)
    .replaceAll('user@domain', world.user)
}

/** Sends a message, as Debian-exim does; resolves with how it went on. */
async function send(text: string, port = world.mail.port): Promise<Exim & { waiting: number }> {
  const exim = await createExim(world, configuration(port, text))
  const args = ['-odf', '-oi', '-f', world.user, 'friend@example.org']
  const { status, stderr } = await exim.run(args, message)
  assert.equal(status, 0, stderr)
  return { ...exim, waiting: await exim.queued() }
}

/** How often Dovecot has said this. */
async function told(words: RegExp): Promise<number> {
  return (await dovecot.log()).match(words)?.length ?? 0
}

/** An example that asks for an account that the daemon does not know. */
async function unknownAccount(name: string): Promise<string> {
  return (await authenticator(name)).replaceAll(world.user, 'nobody@example.com')
}

test("exim delivers with the original's authenticator, as Debian-exim, on a raw socket", async () => {
  const exim = await send(await authenticator('authenticator'))
  assert.equal(exim.waiting, 0, await exim.log())
  const delivered = world.mail.messages.at(-1)
  assert.equal(delivered?.user, world.user)
  assert.deepEqual(delivered?.to, ['friend@example.org'])
  assert.match(delivered?.text ?? '', /from exim/)
  const granted = await daemon.logged((line) => line.event === 'token.granted')
  assert.equal(granted['uid'], findUserId('Debian-exim'))
})

test("the socket of who comes from cloud_mdir_sync is reached by exim, in the original's directory", async () => {
  const before = world.mail.messages.length
  const exim = await send(await authenticator('authenticator', originalSocket))
  assert.equal(exim.waiting, 0, await exim.log())
  assert.equal(world.mail.messages.length, before + 1)
})

for (const [name, mechanism] of [
  ['authenticator', 'XOAUTH2'],
  ['authenticator-base64', 'XOAUTH2'],
  ['authenticator-checked', 'XOAUTH2'],
  ['authenticator-oauthbearer', 'OAUTHBEARER'],
] as const) {
  const socketOf = () => (name === 'authenticator' ? rawSocket : base64Socket)

  test(`Dovecot takes mail of exim with the example "${name}"`, async () => {
    const before = dovecot.messages.length
    const text = await authenticator(name, socketOf())
    const exim = await send(text, dovecot.ports.submission)
    assert.equal(dovecot.messages.length, before + 1, await exim.log())
    assert.equal(dovecot.messages.at(-1)?.user, world.user)
    assert.match(
      await dovecot.log(),
      new RegExp(`Login: user=<${world.user}>, method=${mechanism}`),
    )
  })

  test(`Dovecot refuses exim with the example "${name}" and a token that nobody issued`, async () => {
    const before = dovecot.messages.length
    const refused = await told(/token is not valid/g)
    const text = await authenticator(name, socketOf())
    const wrong =
      mechanism === 'XOAUTH2'
        ? `user=${world.user}\\x01auth=Bearer wrong\\x01\\x01`
        : `n,a=${world.user},\\x01auth=Bearer wrong\\x01\\x01`
    const credential = /(?<=client_send = : )\$\{.*?\}\}+/
    const { waiting } = await send(text.replace(credential, wrong), dovecot.ports.submission)
    assert.deepEqual([dovecot.messages.length, waiting], [before, 1])
    assert.equal(await told(/token is not valid/g), refused + 1, await dovecot.log())
  })

  test(`Dovecot refuses exim with the example "${name}" and a credential in the wrong format`, async () => {
    const before = dovecot.messages.length
    const text = await authenticator(name, socketOf())
    const wrong = text.replaceAll(/\{SMTP(?:,\w+)? /g, '{SMTP,token ')
    const { waiting } = await send(wrong, dovecot.ports.submission)
    assert.deepEqual([dovecot.messages.length, waiting], [before, 1])
  })
}

test("exim is refused with the original's authenticator where the socket answers in base64", async () => {
  const before = world.mail.messages.length
  const { waiting } = await send(await authenticator('authenticator', base64Socket))
  assert.deepEqual([world.mail.messages.length, waiting], [before, 1])
})

test('without a token, "authenticator-checked" begins no AUTH where the original sends junk', async () => {
  const before = await told(/auth failed/g)
  const checked = await send(
    await unknownAccount('authenticator-checked'),
    dovecot.ports.submission,
  )
  assert.equal(checked.waiting, 1)
  assert.equal(await told(/auth failed/g), before, await dovecot.log())
  assert.match(await checked.log(), /authentication required but no common mechanisms were found/)
  const original = await send(await unknownAccount('authenticator'), dovecot.ports.submission)
  assert.equal(original.waiting, 1)
  assert.equal(await told(/auth failed/g), before + 1, await dovecot.log())
})

test("the relay's socket unit is in order, and makes the socket that its other files name", async () => {
  const relay = join(examples, 'relay-only')
  const unit = join(relay, 'cms-oauthd-exim.socket')
  const service = join(root, 'systemd', 'cms-oauthd.service')
  const analyze = installedProgram('systemd-analyze', 'systemd')
  const args = ['--man=no', '--recursive-errors=yes', 'verify', unit, service]
  const { status, stderr } = await runProgram(analyze, args, world.home.env)
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
  const path = '/run/cms-oauth/exim.sock'
  assert.match(await readFile(unit, 'utf8'), new RegExp(`^ListenStream=${path}$`, 'm'))
  assert.match(
    await readFile(join(relay, 'config.toml'), 'utf8'),
    new RegExp(`^path = "${path}"$`, 'm'),
  )
  assert.match(
    await readFile(join(relay, 'exim4.conf'), 'utf8'),
    new RegExp(`^CMS_SOCKET = ${path}$`, 'm'),
  )
})

test('Debian-exim needs search permission on every directory above the socket', async () => {
  const before = world.mail.messages.length
  const above = join(world.home.directory, 'mail')
  await chmod(above, 0o700)
  const exim = await send(await authenticator('authenticator'))
  assert.equal(exim.waiting, 1)
  assert.match(await exim.log(), /Permission denied/)
  await chmod(above, 0o711)
  await exim.run(['-qff'])
  assert.equal(await exim.queued(), 0, await exim.log())
  assert.equal(world.mail.messages.length, before + 1)
})
