/** The files of examples/bridge/ for programs that send, each with its program, through a bridge without TLS. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type BridgeLogin, fillBridgeExample } from '../support/bridge-example.ts'
import { createBridgeWorld } from '../support/bridge-world.ts'
import { type Result, runProgram } from '../support/daemon.ts'
import { startPostfixRelay } from '../support/queueing-programs.ts'
import {
  friend,
  letterFrom,
  runSendingProgram,
  type SendingProgramName,
} from '../support/sending-programs.ts'
import { openPackage } from '../support/unpacked-package.ts'

const root = join(import.meta.dirname, '..', '..')
const appId = '4f0c7b1e-1111-2222-3333-444444444444'
const world = await createBridgeWorld()
after(() => world.close())
const { user, mail, home, password, port, socket, daemon } = world
const inHome = (name: string) => join(home.directory, name)
const login: BridgeLogin = {
  user,
  password,
  ports: { smtp: port, imap: 1, pop: 1 },
  more: {
    '/run/cms-oauth/submission.sock': socket,
  },
}
const letter = letterFrom(user)

for (const name of ['config.toml', 'sockets.toml']) {
  test(`bridge/${name} is a configuration`, async () => {
    const file = inHome(`bridge-${name}`)
    const keys = ['user = "user@domain.com"', 'provider = "office365"', `client_id = "${appId}"`]
    const account = ['[[account]]', ...keys, 'tenant = "domain.com"'].join('\n')
    const bridges = await readFile(join(root, 'examples', 'bridge', name), 'utf8')
    await writeFile(file, `${account}\n${bridges}`, { mode: 0o600 })
    const program = join(root, 'bin', 'cms-oauthd.js')
    const { status, stderr } = await runProgram(program, ['--check', `--config=${file}`], home.env)
    assert.equal(status, 0, stderr)
  })
}

/** How each of them logs in. */
const mechanisms: Record<SendingProgramName, string | undefined> = {
  swaks: 'PLAIN',
  'msmtp with "auth on"': 'SCRAM-SHA-256',
  'msmtp by a socket': undefined,
  curl: 'PLAIN',
  Python: 'PLAIN',
  's-nail': 'PLAIN',
  mutt: 'SCRAM-SHA-256',
  'Emacs smtpmail': 'PLAIN',
  'git send-email': 'PLAIN',
  "PHP's mail()": 'SCRAM-SHA-256',
  PHPMailer: 'LOGIN',
}

/** What came of it: the mechanism of the login, and the message as the mail server has it. */
async function send(run: () => Promise<Result>) {
  const [messages, lines] = [mail.messages.length, daemon.log.length]
  const { status, stdout, stderr } = await run()
  assert.equal(status, 0, `${stderr}${stdout}`)
  await daemon.logged(({ event }) => event === 'bridge.closed', lines)
  assert.equal(mail.messages.length, messages + 1)
  const { user: sender, from, to = [], text = '' } = mail.messages.at(-1) ?? {}
  assert.deepEqual([sender, from], [user, user])
  assert.ok(to.includes(friend))
  assert.match(text, /Subject: .*\bhello\r?\n[^]*body/)
  return daemon.log.slice(lines).find(({ event }) => event === 'bridge.login')?.['mechanism']
}

const names = Object.keys(mechanisms) as SendingProgramName[]
for (const name of names) {
  const mechanism = mechanisms[name]
  test(`${name} sends by ${mechanism ?? "the kernel's word"}`, async () => {
    assert.equal(await send(() => runSendingProgram(name, home, login)), mechanism)
  })
}

test('sSMTP sends by LOGIN, and says by its status that a mail is lost', async (t) => {
  const ssmtp = await openPackage('ssmtp')
  t.after(() => ssmtp.close())
  const file = await fillBridgeExample('ssmtp/ssmtp.conf', login)
  await ssmtp.write('/etc/ssmtp/ssmtp.conf', file, { group: 'mail' })
  const run = () => ssmtp.run('/usr/sbin/sendmail', ['-f', user, friend], letter)
  assert.equal(await send(run), 'LOGIN')
  mail.trouble = { at: 'login', says: '454 4.7.0 Temporary authentication failure' }
  const { status, stderr } = await run()
  mail.trouble = undefined
  assert.equal(status, 1)
  assert.match(stderr, /Authorization failed \(454 4\.7\.0 /)
})

test('sSMTP sends what has no From as the account that its revaliases names', async (t) => {
  const ssmtp = await openPackage('ssmtp')
  t.after(() => ssmtp.close())
  const file = await fillBridgeExample('ssmtp/ssmtp.conf', login)
  await ssmtp.write('/etc/ssmtp/ssmtp.conf', file, { group: 'mail' })
  const server = /^mailhub=(.*)$/m.exec(file)?.[1]
  await ssmtp.write('/etc/ssmtp/revaliases', `root:${user}:${server}\n`)
  const run = () => ssmtp.run('/usr/sbin/sendmail', [friend], 'Subject: hello\n\nbody\n')
  assert.equal(await send(run), 'LOGIN')
})

// With its default options it takes SCRAM-SHA-256: see bridge-outages.test.ts.
test('Postfix sends by PLAIN', async (t) => {
  const lines = 'smtp_sasl_security_options = noanonymous\nsmtp_sasl_mechanism_filter = plain'
  const postfix = await startPostfixRelay(login, lines)
  t.after(() => postfix.close())
  const run = async () => {
    await postfix.submit(letter)
    return { status: 0, stdout: '', stderr: '' }
  }
  assert.equal(await send(run), 'PLAIN')
})
