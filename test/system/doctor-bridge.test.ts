/** `doctor` logs in through each bridge as a program does, up to the real mail servers. */
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { runClient } from '../support/daemon.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { assertSentence } from '../support/golden.ts'
import { LineClient } from '../support/line-client.ts'
import { provideTlsBridgeWorld } from '../support/tls-bridge-world.ts'

const world = await provideTlsBridgeWorld()
const { user, home, daemon, mail, dovecot, loginBy } = world

/** What doctor says about bridges, its lines joined. */
async function doctor(...args: string[]): Promise<string[]> {
  const { stdout } = await runClient(home, ['doctor', ...args])
  const findings = stdout.replaceAll(/\n +(?:-> )?/g, ' ').split('\n')
  return findings.filter((line) => /^\w+ +(?:bridge|certificate) /.test(line))
}

/** The configuration with other bridges. */
async function configure(...tables: string[]): Promise<void> {
  const before = await readFile(home.configFile, 'utf8')
  const account = before.slice(0, before.indexOf('[[bridge]]'))
  const bridges = tables.map((keys) => `[[bridge]]\naccounts = ["${user}"]\n${keys}\n`)
  await home.configure(`${account}${bridges.join('')}`)
  await daemon.control.reload()
}

test('a login goes through each protocol and form of TLS, and leaves no password behind', async () => {
  const messages = mail.messages.length
  const found = await doctor()
  for (const tls of ['starttls', 'implicit'] as const) {
    for (const [protocol, port] of Object.entries(loginBy(tls).ports)) {
      const start = `${protocol.toUpperCase()} at 127.0.0.1:${port}, as ${user}: `
      const line = found.find((text) => text.includes(start))
      assert.match(line ?? '', /^ok .*: (?:235|a OK|\+OK)/, start)
    }
  }
  assert.equal(mail.messages.length, messages)
  assert.match(found.join('\n'), /^ok +certificate +self-made, until \d{4}-\d\d-\d\d: /m)
  assert.ok(!found.some((line) => /^(?:failure|warning)/.test(line)), found.join('\n'))
  const login = await daemon.logged(({ event }) => event === 'bridge.login')
  assert.equal(login['caller'], 'cms-oauth doctor')
  const kept = await daemon.control.passwords()
  assert.deepEqual(
    kept.map(({ name }) => name),
    ['test'],
  )
  // A renewer that has not left yet holds the store by a directory.
  const entries = await readdir(home.stateDirectory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  assert.notEqual(files.length, 0)
  for (const { parentPath, name } of files) {
    assert.doesNotMatch(await readFile(join(parentPath, name), 'latin1'), /doctor/)
  }
})

test('whom the kernel lets in is tried as one of them, and whom not is not', async () => {
  const [mine = 0, others = 0, nobodys = 0] = await findFreePorts(3)
  const smtp = `protocol = "SMTP"\nserver = "localhost:${mail.port}"\ncaller = ["peer"]`
  await configure(
    `${smtp}\nlisten = "127.0.0.1:${mine}"`,
    `protocol = "IMAP"\nserver = "localhost:${dovecot.ports.imaps}/tls"\ncaller = ["peer"]\nlisten = "${home.directory}/i.sock"`,
    `protocol = "POP"\nserver = "localhost:${dovecot.ports.pops}/tls"\ncaller = ["peer"]\nlisten = "${home.directory}/p.sock"`,
    `${smtp}\nlisten = "127.0.0.1:${others}"\nallow = { users = ["nobody"] }`,
    `${smtp}\nlisten = "127.0.0.1:${nobodys}"\nallow = {}`,
  )
  const found = (await doctor(user)).join('\n')
  assert.match(found, new RegExp(`^ok .*SMTP at 127.0.0.1:${mine}, as ${user}: 250`, 'm'))
  assert.match(found, /^ok .*IMAP at .*i\.sock, as .*: a OK/m)
  assert.match(found, /^ok .*POP at .*p\.sock, as .*: \+OK/m)
  const untried = found.split('\n').find((line) => line.includes(`:${others}, as `))
  assert.match(untried ?? '', /^ok .*: no login .*"allow"/)
  assert.match(found, new RegExp(`^warning .*:${nobodys}: "allow" is empty`, 'm'))
})

test('a server that is away, and a program on the wrong port, are told with the next step', async () => {
  const [port = 0, nobody = 0] = await findFreePorts(2)
  await configure(
    `protocol = "SMTP"\nserver = "localhost:${nobody}"\nlisten = "127.0.0.1:${port}"\ntls = "starttls"`,
  )
  const stray = new LineClient({ port, host: '127.0.0.1' })
  stray.socket.write(Buffer.from('16030102000100', 'hex'))
  await stray.rest()
  await daemon.logged(({ event, reason }) => {
    return event === 'bridge.stray' && String(reason).includes('TLS')
  })
  const found = (await doctor()).join('\n')
  const lines = found.split('\n')
  assertSentence(
    lines.find((line) => line.startsWith('failure ')),
    'a mail server that is away',
    { code: '454 4.7.0', errno: 'ECONNREFUSED' },
  )
  const strayLine = lines.find((line) => /^warning +bridge .*TLS/.test(line))
  const caller = `uid ${process.getuid?.()}`
  assertSentence(strayLine, 'a program that begins with TLS', { caller })
  const status = (await runClient(home, ['status'])).stdout.replaceAll(/\s+/g, ' ')
  assertSentence(/At the bridges.*/.exec(status)?.[0], 'what status says of the bridges', {
    caller,
  })
})
