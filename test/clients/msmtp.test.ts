import assert from 'node:assert/strict'
import { readFile, symlink, writeFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type RunningDaemon, runProgram } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'

const root = join(import.meta.dirname, '..', '..')
const message = 'From: user@example.com\nTo: friend@example.org\nSubject: hello\n\nfrom msmtp\n'

let world: World
let daemon: RunningDaemon

before(async () => {
  world = await createWorld()
  daemon = await startSignedIn(world, accountToml(world))
  const bin = join(world.home.directory, 'bin')
  await mkdir(bin)
  await symlink(join(root, 'bin', 'cms-oauth.js'), join(bin, 'cms-oauth'))
  world.home.env['PATH'] = `${bin}:${world.home.env['PATH']}`
})

after(async () => {
  await daemon.stop()
  await world.close()
})

/** Sends a message with the example's file, filled in. */
async function send(change: (configuration: string) => string = (text) => text) {
  const example = await readFile(join(root, 'examples', 'msmtp', 'msmtprc'), 'utf8')
  const filled = example
    .replaceAll('user@domain', world.user)
    .replace('smtp.office365.com', 'localhost')
    .replace('587', String(world.mail.port))
    .replace('/etc/ssl/certs/ca-certificates.crt', world.provider.certificates.caFile)
  const file = join(world.home.directory, 'msmtprc')
  await writeFile(file, change(filled), { mode: 0o600 })
  const program = installedProgram('msmtp', 'msmtp')
  return runProgram(program, [`--file=${file}`, 'friend@example.org'], world.home.env, message)
}

test('msmtp delivers with a token of passwordeval', async () => {
  const { status, stderr } = await send()
  assert.equal(status, 0, stderr)
  const delivered = world.mail.messages.at(-1)
  assert.equal(delivered?.user, world.user)
  assert.deepEqual(delivered?.to, ['friend@example.org'])
  assert.match(delivered?.text ?? '', /from msmtp/)
})

test('msmtp delivers without any client, straight from the socket', async () => {
  installedProgram('nc', 'netcat-openbsd')
  const { status, stderr } = await send((text) =>
    text.replace(
      /^passwordeval .*$/m,
      `passwordeval "printf 'SMTP,token ${world.user}' | nc -UN ${world.home.tokenSocket}"`,
    ),
  )
  assert.equal(status, 0, stderr)
})

test('msmtp is refused with a credential in the wrong format', async () => {
  const { status } = await send((text) => text.replace('--output=token', '--output=xoauth2-b64'))
  assert.notEqual(status, 0)
  assert.equal(world.mail.logins.at(-1)?.isAccepted, false)
})

test('msmtp is refused with a wrong token', async () => {
  const { status } = await send((text) => text.replace(/^passwordeval .*$/m, 'passwordeval echo T'))
  assert.notEqual(status, 0)
  assert.equal(world.mail.logins.at(-1)?.isAccepted, false)
})

test('msmtp sends nothing when the account is not known, and shows why', async () => {
  const before = world.mail.logins.length
  const { status, stderr } = await send((text) =>
    text.replace(`--user=${world.user}`, '--user=nobody@example.com'),
  )
  assert.notEqual(status, 0)
  assert.match(stderr, /cms-oauth: error: no account "nobody@example\.com"/)
  assert.equal(world.mail.logins.length, before)
})
