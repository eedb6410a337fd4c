/** Programs that know only passwords, as they are installed, through a bridge without TLS. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createBridgeWorld } from '../support/bridge-world.ts'
import { runProgram } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'

const world = await createBridgeWorld()
after(() => world.close())
const { user, mail, home, password, port, socket, daemon } = world

const letter = `From: ${user}\nTo: friend@example.org\nSubject: hello\n\nbody\n`

/** Runs a program that sends; the mechanism that it took, undefined where it needed no password. */
async function send(program: string, args: readonly string[]): Promise<unknown> {
  const [messages, lines] = [mail.messages.length, daemon.log.length]
  const { status, stderr } = await runProgram(program, args, home.env, letter)
  assert.equal(status, 0, stderr)
  assert.equal(mail.messages.length, messages + 1)
  const { user: sender, to, text } = mail.messages.at(-1) ?? {}
  assert.deepEqual([sender, to], [user, ['friend@example.org']])
  assert.match(text ?? '', /Subject: hello\r?\n[^]*body/)
  await daemon.logged((line) => {
    return daemon.log.indexOf(line) >= lines && line.event === 'bridge.closed'
  })
  return daemon.log.slice(lines).find(({ event }) => event === 'bridge.login')?.['mechanism']
}

for (const [auth, mechanism] of [
  ['on', 'SCRAM-SHA-256'],
  ['scram-sha-256', 'SCRAM-SHA-256'],
  ['plain', 'PLAIN'],
  ['login', 'LOGIN'],
] as const) {
  test(`msmtp with "auth ${auth}" sends by ${mechanism}`, async () => {
    const file = join(home.directory, `msmtprc-${auth}`)
    const lines = ['account default', 'host 127.0.0.1', `port ${port}`, 'tls off', `auth ${auth}`]
    const login = [`user ${user}`, `password ${password}`, `from ${user}`]
    await writeFile(file, [...lines, ...login, ''].join('\n'), { mode: 0o600 })
    const msmtp = installedProgram('msmtp', 'msmtp')
    assert.equal(await send(msmtp, ['-C', file, 'friend@example.org']), mechanism)
  })
}

test('msmtp sends through the socket without a password', async () => {
  const file = join(home.directory, 'msmtprc-socket')
  const text = `account default\nsocket ${socket}\nhost localhost\ntls off\nauth off\nfrom ${user}\n`
  await writeFile(file, text, { mode: 0o600 })
  const msmtp = installedProgram('msmtp', 'msmtp')
  assert.equal(await send(msmtp, ['-C', file, 'friend@example.org']), undefined)
})

test('curl sends by PLAIN', async () => {
  const curl = installedProgram('curl', 'curl')
  const envelope = ['--mail-from', user, '--mail-rcpt', 'friend@example.org']
  const login = ['--login-options', 'AUTH=PLAIN', '--user', `${user}:${password}`]
  const url = `smtp://127.0.0.1:${port}`
  const args = ['--silent', '--show-error', '--crlf', url, ...envelope, ...login, '-T', '-']
  assert.equal(await send(curl, args), 'PLAIN')
})

test("Python's smtplib sends by a mechanism of its choice", async () => {
  const script = [
    'import smtplib, sys',
    `s = smtplib.SMTP("127.0.0.1", ${port})`,
    `s.login("${user.toUpperCase()}", "${password}")`,
    `s.sendmail("${user}", ["friend@example.org"], sys.stdin.read())`,
    's.quit()',
  ]
  const python = installedProgram('python3', 'python3')
  assert.equal(await send(python, ['-c', script.join('\n')]), 'PLAIN')
})
