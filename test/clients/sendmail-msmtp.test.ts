import assert from 'node:assert/strict'
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Result, runProgram } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'
import { createMsmtpWorld, type MsmtpWorld } from '../support/msmtp.ts'

const examples = join(import.meta.dirname, '..', '..', 'examples', 'sendmail')

let world: MsmtpWorld
let socket: string

before(async () => {
  installedProgram('nc', 'netcat-openbsd')
  world = await createMsmtpWorld(async ({ home, user }) => {
    socket = join(home.directory, 'sendmail', 'sendmail.sock')
    await mkdir(join(home.directory, 'sendmail'))
    const example = await readFile(join(examples, 'config.toml'), 'utf8')
    return example.replace('/run/cms-oauth/sendmail.sock', socket).replace('user@domain.com', user)
  })
  const { directory } = world.home
  await world.install('sendmail/aliases', 'aliases')
  const queue = join(directory, 'bin', 'msmtp-queue')
  await copyFile(join(examples, '..', 'msmtp', 'msmtp-queue'), queue)
  await chmod(queue, 0o755)
  await world.install('sendmail/mailrc', '.mailrc', (text) =>
    text.replace('/usr/local/lib/msmtp-queue', queue),
  )
})

after(async () => {
  await world.daemon.stop()
  await world.close()
})

/** Where the system's file is read, the user's is too. */
function install(change: (text: string) => string = (text) => text): Promise<void> {
  return world.install('sendmail/msmtprc', '.msmtprc', (text) =>
    change(
      text
        .replace('/etc/aliases', join(world.home.directory, 'aliases'))
        .replace('/run/cms-oauth/sendmail.sock', socket),
    ),
  )
}

/** Debian's cron calls exactly this. */
function cron(): Promise<Result> {
  const args = ['-FCronDaemon', '-i', '-B8BITMIME', '-oem', 'root']
  const text =
    'From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@box> date\n\nÄnderung\n.\nx\n'
  return world.run(args, text, 'sendmail')
}

function script(): Promise<Result> {
  const text = 'To: friend@example.org\nBcc: hidden@example.org\nSubject: report\n\nfrom a script\n'
  return world.run(['-t', '-oi'], text, 'sendmail')
}

function mailx(): Promise<Result> {
  const program = installedProgram('bsd-mailx', 'bsd-mailx')
  return runProgram(program, ['-s', 'hello', 'friend@example.org'], world.home.env, 'from mailx\n')
}

test('what cron writes to root arrives at the alias, in the name of the account', async () => {
  await install()
  const { status, stderr } = await cron()
  assert.equal(status, 0, stderr)
  const delivered = world.mail.messages.at(-1)
  assert.deepEqual([delivered?.user, delivered?.from], [world.user, world.user])
  assert.deepEqual(delivered?.to, [world.user])
  assert.match(delivered?.text ?? '', /^From: .*<?user@example\.com>?\r?$/m)
  assert.match(delivered?.text ?? '', /Änderung\r\n\.\r\nx/)
})

test('"sendmail -t" takes the recipients from the message, and hides the hidden', async () => {
  await install()
  const { status, stderr } = await script()
  assert.equal(status, 0, stderr)
  const delivered = world.mail.messages.at(-1)
  assert.equal(delivered?.user, world.user)
  assert.deepEqual(delivered?.to, ['friend@example.org', 'hidden@example.org'])
  assert.doesNotMatch(delivered?.text ?? '', /hidden/)
})

test('"mailx -s" sends through msmtp', async () => {
  await install()
  const { status, stderr } = await mailx()
  assert.equal(status, 0, stderr)
  const delivered = world.mail.messages.at(-1)
  assert.equal(delivered?.user, world.user)
  assert.deepEqual(delivered?.to, ['friend@example.org'])
  assert.match(delivered?.text ?? '', /^Subject: hello\r?$[^]*from mailx/m)
})

test('a caller cannot send under another name', async () => {
  await install()
  await world.run(['-f', 'boss@example.com', 'friend@example.org'], 'From: boss@example.com\n\n')
  const delivered = world.mail.messages.at(-1)
  assert.equal(delivered?.from, world.user)
  assert.doesNotMatch(delivered?.text ?? '', /boss@example\.com/)
})

for (const [name, change] of [
  [
    'a wrong token',
    (text: string) => text.replace(/^passwordeval .*$/m, 'passwordeval echo wrong'),
  ],
  ['a token in the wrong format', (text: string) => text.replace(',token', ',xoauth2-b64')],
] as const) {
  test(`with ${name} the caller is told, and nothing is sent`, async () => {
    await install(change)
    const before = world.mail.messages.length
    for (const call of [cron, script]) {
      const { status, stderr } = await call()
      assert.notEqual(status, 0)
      assert.match(stderr, /authentication failed/)
      assert.equal(world.mail.logins.at(-1)?.isAccepted, false)
    }
    await mailx()
    assert.equal(world.mail.logins.at(-1)?.isAccepted, false)
    assert.equal(world.mail.messages.length, before)
  })
}

test('a login that the socket does not list sends nothing', async () => {
  await install()
  const { messages, logins } = world.mail
  const before = [messages.length, logins.length]
  const config = await readFile(world.home.configFile, 'utf8')
  await writeFile(world.home.configFile, config.replace('"root", ', ''))
  const { status } = await reload()
  assert.equal(status, 0)
  assert.notEqual((await cron()).status, 0)
  assert.deepEqual([messages.length, logins.length], before)
})

function reload(): Promise<Result> {
  return runProgram(join(world.home.directory, 'bin', 'cms-oauth'), ['reload'], world.home.env)
}
