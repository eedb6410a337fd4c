import assert from 'node:assert/strict'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { findUserId } from '../../src/kernel/user-database.ts'
import { type RunningDaemon, runProgram, startDaemon } from '../support/daemon.ts'
import { createRelayWorld, type RelayWorld } from '../support/exim-relay.ts'
import type { Exim } from '../support/exim.ts'
import { installedProgram } from '../support/installed-program.ts'
import { startScriptedMailServer } from '../support/mail-server.ts'

const examples = join(import.meta.dirname, '..', '..', 'examples', 'exim4', 'relay-only')

let world: RelayWorld
let daemon: RunningDaemon
let exim: Exim

before(async () => {
  world = await createRelayWorld()
  daemon = world.daemon
})

after(async () => {
  await daemon.stop()
  await world.close()
})

beforeEach(async () => {
  for (const { messages, logins } of [world.mail, world.passwordServer]) {
    messages.length = 0
    logins.length = 0
  }
  exim = await world.relay()
})

function message(from: string, text = 'hello'): string {
  return `From: ${from}\nTo: friend@example.org\nSubject: hello\n\n${text}\n`
}

function send(sender: string, to = 'friend@example.org') {
  return exim.run(['-odf', '-oi', '-f', sender, to], message(sender))
}

test('the configuration loads as it is, before anything is edited', async () => {
  const program = installedProgram('exim4', 'exim4-daemon-light')
  const file = join(world.home.directory, 'unedited.conf')
  await writeFile(file, await readFile(join(examples, 'exim4.conf')))
  const { status, stdout, stderr } = await runProgram(program, ['-C', file, '-bV'], world.home.env)
  assert.equal(status, 0, stderr)
  assert.match(stdout, /Configuration file is .*unedited\.conf/)
})

test('the sender chooses the account, whatever the letters are', async () => {
  for (const [sender, user] of [
    [world.user, world.user],
    [world.other, world.other],
    ['alias@example.com', world.user],
    ['USER@example.com', world.user],
  ] as const) {
    const { status, stderr } = await send(sender)
    assert.equal(status, 0, stderr)
    const delivered = world.mail.messages.at(-1)
    assert.equal(delivered?.user, user, await exim.log())
    assert.equal(delivered?.from, sender)
    assert.deepEqual(delivered?.to, ['friend@example.org'])
  }
  const granted = await daemon.logged((line) => line.event === 'token.granted')
  assert.equal(granted['uid'], findUserId('Debian-exim'))
})

test('a password account goes to its own server with its password, and asks for no token', async () => {
  const { length } = daemon.log
  await send('user@example.net')
  assert.equal(world.passwordServer.messages.at(-1)?.user, 'user', await exim.log())
  assert.equal(world.passwordServer.messages.at(-1)?.from, 'user@example.net')
  assert.deepEqual(world.mail.logins, [])
  await send(world.other)
  await daemon.logged((line) => line['user'] === world.other, length)
  assert.ok(!daemon.log.some((line) => line['user'] === 'user@example.net'))
})

test('bounces leave through the main account, in its name', async () => {
  await exim.run(['-odf', '-oi', '-f', '<>', 'friend@example.org'], message('<>'))
  const delivered = world.mail.messages.at(-1)
  assert.equal(delivered?.user, world.user, await exim.log())
  assert.equal(delivered?.from, world.user)
})

test('what cron sends to root goes to the main account, in its name', async () => {
  const text = 'From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@box> true\n\nresult\n'
  await exim.run(['-odf', '-FCronDaemon', '-i', '-B8BITMIME', '-oem', 'root'], text)
  const delivered = world.mail.messages.at(-1)
  assert.equal(delivered?.user, world.user, await exim.log())
  assert.equal(delivered?.from, world.user)
  assert.deepEqual(delivered?.to, [world.user])
  assert.match(delivered?.text ?? '', /^From: root \(Cron Daemon\)|^From: .*<?user@example\.com/m)
  assert.doesNotMatch(delivered?.text ?? '', new RegExp(`^From:.*@${hostname()}`, 'm'))
})

test('a sender without an account is refused at once, and told', async () => {
  const args = ['-odf', '-oi', '-oep', '-f', 'nobody@example.com', 'friend@example.org']
  const { status, stderr } = await exim.run(args, message('nobody@example.com'))
  assert.notEqual(status, 0)
  assert.match(stderr, /no account for <nobody@example\.com> in .*accounts/)
  assert.equal(await exim.queued(), 0)
})

test('an ordinary login sends as the main account, whatever sender it asks for', async () => {
  // Only where the file is installed does exim keep its rights for others than root.
  const installed = join(world.home.directory, 'etc')
  await mkdir(installed)
  await copyFile(exim.command[2] ?? '', join(installed, 'exim4.conf'))
  const mount = 'mount --bind "$0" /etc/exim4 && exec "$@"'
  const login = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups']
  const call = [exim.command[0], '-odf', '-oi', '-f', world.other, 'friend@example.org']
  const { status, stderr } = await runProgram(
    'unshare',
    ['--mount', 'sh', '-c', mount, installed, ...login, ...call],
    world.home.env,
    message('nobody@localhost'),
  )
  assert.equal(status, 0, stderr)
  const delivered = world.mail.messages.at(-1)
  assert.deepEqual([delivered?.user, delivered?.from], [world.user, world.user], await exim.log())
  assert.match(delivered?.text ?? '', /^From: user@example\.com\r?$/m)
  assert.match(await exim.log(), /<= user@example\.com U=nobody/)
})

test('nothing is accepted over SMTP, where any login could choose any sender', async () => {
  const session = `EHLO box\r\nMAIL FROM:<${world.user}>\r\nRCPT TO:<friend@example.org>\r\nQUIT\r\n`
  const { stdout } = await exim.run(['-bh', '127.0.0.1'], session)
  assert.match(stdout, /^250 OK\r?\n550 /m)
})

test('mail waits while the broker is down, unseen by the server, and leaves when it is back', async () => {
  await daemon.stop()
  await send(world.user)
  await send(world.other)
  assert.equal(await exim.queued(), 2, await exim.log())
  assert.match(await exim.log(), /== friend@example\.org .*: no token for user@example\.com, see/)
  await exim.run(['-qff'])
  assert.deepEqual([await exim.queued(), world.mail.logins], [2, []], await exim.log())
  daemon = await startDaemon(world.home)
  await exim.run(['-qff'])
  assert.equal(await exim.queued(), 0, await exim.log())
  assert.deepEqual(world.mail.messages.map(({ user, from }) => `${from} as ${user}`).toSorted(), [
    `${world.other} as ${world.other}`,
    `${world.user} as ${world.user}`,
  ])
})

test('messages of two accounts that wait for one server are sent each in its own name', async () => {
  for (const sender of [world.user, world.other, world.user, world.other]) {
    await exim.run(['-odq', '-oi', '-f', sender, 'friend@example.org'], message(sender))
  }
  // Twice: exim knows from the first stage which messages could share a connection.
  await exim.run(['-qqff'])
  assert.equal(world.mail.messages.length, 4, await exim.log())
  for (const { user, from } of world.mail.messages) assert.equal(user, from)
})

test('an account without a token holds up no other account on the same server', async () => {
  exim = await world.relay((text) =>
    text.replace('oauth=user@example.com', 'oauth=nobody@example.com'),
  )
  await send(world.user)
  await send(world.other)
  assert.deepEqual(
    world.mail.messages.map(({ user }) => user),
    [world.other],
    await exim.log(),
  )
  assert.equal(await exim.queued(), 1)
})

test('no AUTH begins without a credential', async () => {
  const server = await startScriptedMailServer({
    certificates: world.provider.certificates,
    steps: [
      { say: '220 localhost ESMTP\r\n' },
      { hear: /^EHLO / },
      { say: '250-localhost\r\n250 STARTTLS\r\n' },
      { hear: /^STARTTLS$/ },
      { say: '220 go ahead\r\n' },
      { tls: true },
      { hear: /^EHLO / },
      { say: '250-localhost\r\n250 AUTH XOAUTH2 PLAIN\r\n' },
      { hear: /^QUIT$/ },
      { say: '221 bye\r\n' },
      { end: true },
    ],
  })
  const unknown = 'oauth=nobody@example.com'
  exim = await world.relay((text) =>
    text
      .replaceAll(`localhost::${world.mail.port}`, `localhost::${server.port}`)
      .replace(/oauth=user@example\.com/, unknown),
  )
  await send(world.user)
  assert.deepEqual(server.surprises, [], await exim.log())
  assert.doesNotMatch(server.received(), /AUTH/)
  assert.equal(await exim.queued(), 1)
  await server.close()
})

const login = '${readsocket CMS_REQUEST{4s::cache=yes}{}{}}'

for (const [name, change, refusal] of [
  ['a wrong token', 'user=user@example.com\\x01auth=Bearer wrong\\x01\\x01', /failed .* 535 /],
  [
    'the credential in the wrong format',
    '${readsocket{CMS_SOCKET}{SMTP,xoauth2-b64 CMS_MAIN}}',
    /failed .* 501 /,
  ],
] as const) {
  test(`with ${name} the server refuses, and the message waits`, async () => {
    exim = await world.relay((text) => text.replace(login, change))
    await send(world.user)
    assert.deepEqual(world.mail.messages, [], await exim.log())
    assert.equal(await exim.queued(), 1)
    assert.match(await exim.log(), refusal)
  })
}

test('mail waits where the name of the server is not found', async () => {
  exim = await world.relay((text) => text.replaceAll('localhost::', 'nowhere.invalid::'))
  await send(world.user)
  assert.equal(await exim.queued(), 1)
  assert.doesNotMatch(await exim.log(), /Frozen|\*\*/)
})

test('a wrong password is refused, and the message waits', async () => {
  exim = await world.relay((text) => text.replace(`"${world.password}"`, '"wrong"'))
  await send('user@example.net')
  assert.deepEqual(world.passwordServer.logins, [{ user: 'user', isAccepted: false }])
  assert.equal(await exim.queued(), 1)
})

test('a server whose certificate nobody vouches for is told nothing', async () => {
  const { caFile } = world.provider.certificates
  exim = await world.relay((text) => text.replace(caFile, '/etc/ssl/certs/ca-certificates.crt'))
  await send(world.user)
  assert.deepEqual(world.mail.logins, [])
  assert.equal(await exim.queued(), 1)
  assert.match(await exim.log(), /certificate/)
})
