/** Each mechanism that msmtp knows, through a bridge without TLS. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createBridgeWorld } from '../support/bridge-world.ts'
import { runProgram } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'

const world = await createBridgeWorld()
after(() => world.close())
const { user, mail, home, password, port, daemon } = world

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
  await daemon.logged(({ event }) => event === 'bridge.closed', lines)
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
