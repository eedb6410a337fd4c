import assert from 'node:assert/strict'
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { findUserId } from '../../src/kernel/user-database.ts'
import { type RunningDaemon, runProgram, startDaemon } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'
import { createMsmtpWorld, type MsmtpWorld } from '../support/msmtp.ts'
import { installedPostfix, type Postfix, startPostfix } from '../support/postfix.ts'

const examples = join(import.meta.dirname, '..', '..', 'examples', 'postfix-msmtp')
const friend = 'friend@example.org'

let world: MsmtpWorld
let daemon: RunningDaemon
let postfix: Postfix
let socket: string

before(async () => {
  installedPostfix()
  installedProgram('nc', 'netcat-openbsd')
  world = await createMsmtpWorld(async ({ home, provider }) => {
    // pipe(8) runs msmtp as mail.
    await chmod(home.directory, 0o711)
    await chmod(provider.certificates.directory, 0o755)
    await mkdir(join(home.directory, 'pipe'))
    socket = join(home.directory, 'pipe', 'cms.sock')
    const example = await readFile(join(examples, 'config.toml'), 'utf8')
    return example.replace('/run/cms-oauth/cms.sock', socket)
  })
  daemon = world.daemon
  const script = join(world.home.directory, 'msmtp-pipe')
  await copyFile(join(examples, 'msmtp-pipe'), script)
  await chmod(script, 0o755)
  const master = await readFile(join(examples, 'master.cf'), 'utf8')
  postfix = await startPostfix(
    await readFile(join(examples, 'main.cf'), 'utf8'),
    master
      .replace('/usr/local/lib/msmtp-pipe', script)
      .replace('/etc/postfix/msmtprc', join(world.home.directory, 'msmtprc'))
      .replace('user@domain.com', world.user),
  )
})

after(async () => {
  await postfix.stop()
  await daemon.stop()
  await world.close()
})

beforeEach(async () => {
  world.mail.messages.length = 0
  world.mail.logins.length = 0
  await install()
})

/** The example for msmtp, filled in; `change` is what a control breaks. */
async function install(change: (text: string) => string = (text) => text): Promise<void> {
  await world.install('postfix-msmtp/msmtprc', 'msmtprc', (text) =>
    change(text.replaceAll('/run/cms-oauth/cms.sock', socket)),
  )
  await chmod(join(world.home.directory, 'msmtprc'), 0o644)
}

/** Hands a message in; resolves with its identifier and the log of its first try. */
async function send(sender: string, subject: string, recipients = [friend]) {
  const text = `From: ${sender}\nTo: ${friend}\nSubject: ${subject}\nMessage-ID: <${subject}@test>\n\nhello\n`
  const { status, stderr } = await postfix.send(sender, recipients, text)
  assert.equal(status, 0, stderr)
  const accepted = new RegExp(`: (\\w+): message-id=<${subject}@test>`)
  const id = accepted.exec(await postfix.logged(accepted))?.[1] ?? ''
  return { id, log: await postfix.logged(new RegExp(`${id}: to=.*status=`)) }
}

test('Postfix sends through msmtp, as mail, each sender by its own account', async () => {
  const { log } = await send(world.user, 'one')
  assert.match(log, /relay=msmtp, .*status=sent/)
  const delivered = world.mail.messages.at(-1)
  assert.deepEqual([delivered?.user, delivered?.from], [world.user, world.user])
  assert.deepEqual(delivered?.to, [friend])
  const granted = await daemon.logged((line) => line.event === 'token.granted')
  assert.equal(granted['uid'], findUserId('mail'))
  const before = world.dovecot.messages.length
  await send(world.other, 'two')
  assert.equal(world.dovecot.messages.length, before + 1)
  assert.equal(world.dovecot.messages.at(-1)?.user, world.other)
})

test('a login of this machine, and nobody, send in the name of the first account', async () => {
  for (const [sender, subject] of [
    ['root@localhost', 'three'],
    ['', 'four'],
  ] as const) {
    await send(sender, subject)
    const delivered = world.mail.messages.at(-1)
    assert.deepEqual([delivered?.user, delivered?.from], [world.user, world.user])
    assert.match(delivered?.text ?? '', new RegExp(`Subject: ${subject}`))
  }
})

test('each recipient is a delivery of its own', async () => {
  const recipients = [friend, 'second@example.org']
  const { id } = await send(world.user, 'five', recipients)
  // In any order.
  for (const to of recipients) await postfix.logged(new RegExp(`${id}: to=<${to}>.*status=sent`))
  assert.deepEqual(world.mail.messages.map(({ to }) => to.join()).toSorted(), recipients)
})

test('mail waits while the broker is down, and leaves when it is back', async () => {
  await daemon.stop()
  const { id, log } = await send(world.user, 'six')
  assert.match(log, new RegExp(`${id}: to=.*status=deferred \\(.*cannot read output`))
  assert.deepEqual(world.mail.logins, [])
  daemon = await startDaemon(world.home)
  await postfix.flush()
  await postfix.logged(new RegExp(`${id}: to=.*status=sent`))
  assert.match(world.mail.messages.at(-1)?.text ?? '', /Subject: six/)
})

for (const [trouble, change] of [
  [
    'a wrong token',
    (text: string) => text.replace(/^passwordeval .*$/m, 'passwordeval echo wrong'),
  ],
  ['a token in the wrong format', (text: string) => text.replace(',token', ',xoauth2-b64')],
] as const) {
  test(`with ${trouble} the server refuses, and the message waits`, async () => {
    await install(change)
    const { id, log } = await send(world.user, trouble.replaceAll(' ', '-'))
    assert.match(log, new RegExp(`${id}: to=.*status=deferred \\(.*authentication failed`))
    assert.equal(world.mail.logins.at(-1)?.isAccepted, false)
    assert.deepEqual(world.mail.messages, [])
  })
}

test('Postfix returns a message only when msmtp says that the server refuses it for good', async () => {
  const bin = join(world.home.directory, 'fake')
  await mkdir(bin)
  for (const [status, wanted] of [
    [0, 0],
    [65, 65],
    [68, 75],
    [69, 75],
    [75, 75],
    [77, 75],
    [78, 75],
  ]) {
    await writeFile(join(bin, 'msmtp'), `#!/bin/sh\nexit ${status}\n`, { mode: 0o755 })
    const script = join(examples, 'msmtp-pipe')
    assert.equal((await runProgram(script, [], { PATH: bin })).status, wanted)
  }
})
