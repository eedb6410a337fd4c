/**
 * Access tokens that a real provider revokes before they expire, and the bridge: programs do not notice, the
 * provider is asked once, and the log says why.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { BridgeTrouble } from '../../src/messages/bridge-api.ts'
import { type Protocol, protocols } from '../../src/sasl/output-format.ts'
import { runClient } from '../support/daemon.ts'
import { startDovecot } from '../support/dovecot.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { LineClient } from '../support/line-client.ts'
import { accountToml, createWorld, startSignedIn } from '../support/world.ts'

const world = await createWorld({ accessTokenLifetime: 3_600 })
after(() => world.close())
const { user, home, provider, mail } = world
const { exchanges } = provider.refreshes
const dovecot = await startDovecot(provider)
after(() => dovecot.close())
const [SMTP = 0, IMAP = 0, POP = 0] = await findFreePorts(3)
const ports = { SMTP, IMAP, POP }
const servers = {
  SMTP: `localhost:${mail.port}/starttls`,
  IMAP: `localhost:${dovecot.ports.imaps}/tls`,
  POP: `localhost:${dovecot.ports.pop}/starttls`,
}
const bridges = protocols.map(
  (protocol) =>
    `[[bridge]]\nprotocol = "${protocol}"\nlisten = "127.0.0.1:${ports[protocol]}"\n` +
    `accounts = ["${user}"]\nserver = "${servers[protocol]}"\n`,
)
const daemon = await startSignedIn(world, [accountToml(world), ...bridges].join('\n'))
after(() => daemon.stop())
const password = (await runClient(home, ['bridge', 'add-password', 'test'])).stdout.trim()

const plain = Buffer.from(`\0${user}\0${password}`).toString('base64')
const commands: Record<Protocol, string> = {
  SMTP: `AUTH PLAIN ${plain}\r\n`,
  IMAP: `a AUTHENTICATE PLAIN ${plain}\r\n`,
  POP: `AUTH PLAIN ${plain}\r\n`,
}
const isIn: Record<Protocol, RegExp> = { SMTP: /^235 /m, IMAP: /^a OK /m, POP: /^\+OK /m }
const isStopped: Record<Protocol, RegExp> = {
  SMTP: /^454 4\.7\.0 .*refused/m,
  IMAP: /^a NO \[CONTACTADMIN\] .*refused/m,
  POP: /^-ERR \[SYS\/PERM\] .*refused/m,
}

/** What the server says to a program with the right password. */
async function logIn(protocol: Protocol): Promise<string> {
  const client = new LineClient({ port: ports[protocol], host: '127.0.0.1' })
  await client.say('', /\r\n/)
  const said = await client.say(commands[protocol], /^(?:\d{3}|a|[-+]\w+) .*\r\n/m)
  client.socket.destroy()
  return said
}

test('one revocation, and two programs of each protocol at once: all are let in, the provider is asked once', async () => {
  for (const protocol of protocols) assert.match(await logIn(protocol), isIn[protocol])
  await daemon.loggedAll(({ event }) => event === 'bridge.login', protocols.length)
  const before = daemon.log.length
  const refreshes = exchanges.length
  await provider.revokeAccessTokens(user)
  const programs = [...protocols, ...protocols]
  const said = await Promise.all(programs.map((protocol) => logIn(protocol)))
  programs.forEach((protocol, index) => assert.match(said[index] ?? '', isIn[protocol]))
  assert.equal(exchanges.length, refreshes + 1)
  const seen = (wanted: string) => daemon.log.slice(before).filter(({ event }) => event === wanted)
  await daemon.logged(() => seen('bridge.login').length === programs.length)
  const refused = seen('token.not_accepted')
  assert.equal(refused.length, 1)
  const [line] = refused
  assert.equal(line?.['user'], user)
  assert.match(String(line?.['message']), / (?:535|NO|-ERR) /)
  assert.match(String(line?.['server']), /^localhost:\d+$/)
  assert.ok(seen('bridge.login').every((login) => login['fingerprint'] !== line?.['fingerprint']))
  assert.deepEqual(seen('bridge.refused'), [])
})

test('when the next one is refused at once, programs are told what the server says, and nobody is asked', async () => {
  const refreshes = exchanges.length
  await provider.revokeAccessTokens(user)
  for (const protocol of protocols) assert.match(await logIn(protocol), isStopped[protocol])
  assert.equal(exchanges.length, refreshes)
  const { stdout } = await runClient(home, ['status', '--json'])
  const { bridge_troubles: troubles } = JSON.parse(stdout) as { bridge_troubles: BridgeTrouble[] }
  assert.deepEqual(new Set(troubles.map((trouble) => trouble.protocol)), new Set(protocols))
  for (const { hint } of troubles) assert.match(hint, /cms-oauth refresh /)
})

test('a person who asks for another one ends it for all', async () => {
  const { status, stderr } = await runClient(home, ['refresh', user])
  assert.equal(status, 0, stderr)
  for (const protocol of protocols) assert.match(await logIn(protocol), isIn[protocol])
})
