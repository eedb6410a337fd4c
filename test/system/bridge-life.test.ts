/** What a bridge does when its surroundings change: reload, crash, a daemon that does not answer. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { after, test } from 'node:test'
import { bridgeToml, createBridgeWorld } from '../support/bridge-world.ts'
import { runClient } from '../support/daemon.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { assertSentence } from '../support/golden.ts'
import { LineClient } from '../support/line-client.ts'
import { accountToml } from '../support/world.ts'
import { childPidsBy } from '../support/child-pids.ts'

const world = await createBridgeWorld()
after(() => world.close())
const { user, mail, home, daemon, password, port, peerPort } = world

const plain = `EHLO test\r\nAUTH PLAIN ${Buffer.from(`\0${user}\0${password}`).toString('base64')}\r\n`
const loggedIn = /^235.*\r\n/m
const startOf = `MAIL FROM:<${user}>\r\nRCPT TO:<friend@example.org>\r\nDATA\r\n`
const endOf = 'Subject: hello\r\n\r\nbody\r\n.\r\nQUIT\r\n'

function connectTo(to: number): LineClient {
  return new LineClient({ port: to, host: '127.0.0.1' })
}

/** Pids of the daemon's bridges. */
function bridgePids(): number[] {
  return childPidsBy(daemon.process.pid ?? 0, 'cms-oauth-bridge')
}

test('a reload leaves open what was open, closes an address that has gone, and opens a new one', async () => {
  const [added = 0] = await findFreePorts(1)
  const client = connectTo(port)
  await client.say(plain, loggedIn)
  await client.say(startOf, /^354.*\r\n/m)
  const toml = bridgeToml(world, [`127.0.0.1:${port}`, `127.0.0.1:${added}`])
  await home.configure(`${accountToml(world)}\n${toml}`)
  const answer = await daemon.control.reload()
  assert.deepEqual(answer.bridges, {
    added: [`127.0.0.1:${added}`],
    removed: [`127.0.0.1:${peerPort}`, world.socket],
    changed: [],
  })
  for (const to of [port, added]) {
    const other = connectTo(to)
    await other.say(plain, loggedIn)
    other.socket.destroy()
  }
  await assert.rejects(connectTo(peerPort).say(''))
  const before = mail.messages.length
  client.socket.write(endOf)
  assert.match(await client.rest(), /^221 /m)
  assert.equal(mail.messages.length, before + 1)
})

test('an account that goes together with its bridge is closed, and comes back with it', async () => {
  const client = connectTo(port)
  await client.say(plain, loggedIn)
  await home.configure(accountToml(world))
  await daemon.control.reload()
  assert.equal(await client.rest(), '')
  await home.configure(`${accountToml(world)}\n${bridgeToml(world, [`127.0.0.1:${port}`])}`)
  await daemon.control.reload()
  const next = connectTo(port)
  await next.say(plain, loggedIn)
  next.socket.destroy()
})

test('the limit of connections holds across a reload that starts another process', async () => {
  const [added = 0] = await findFreePorts(1)
  const limit = 'connections = 2\nwait = "1s"\n'
  const configure = async (listen: number[]) => {
    const toml = bridgeToml(
      world,
      listen.map((each) => `127.0.0.1:${each}`),
      limit,
    )
    await home.configure(`${accountToml(world)}\n${toml}`)
    await daemon.control.reload()
  }
  await configure([port])
  const old = [connectTo(port), connectTo(port)]
  for (const client of old) await client.say(plain, loggedIn)
  await configure([port, added])
  const [{ bridge_connections: count } = {}] = (await daemon.control.accounts()).accounts
  assert.equal(count, 2)
  const third = connectTo(port)
  assert.match(await third.say(plain, /^(?:235|454).*\r\n/m), /^454 4\.7\.0 all 2 connections/m)
  third.socket.destroy()
  for (const client of old) client.socket.destroy()
  const next = connectTo(added)
  await next.say(plain, loggedIn)
  next.socket.destroy()
  await configure([port])
})

test('so many may connect while the bridge is busy that none is dropped', async () => {
  const pids = bridgePids()
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  try {
    const clients = Array.from({ length: 600 }, () => connectTo(port))
    await Promise.all(clients.map(({ socket }) => once(socket, 'connect')))
    for (const { socket } of clients) socket.destroy()
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT')
  }
})

test('what a password has opened is closed with it, also where a reload came in between', async () => {
  const { stdout } = await runClient(home, ['bridge', 'add-password', 'brief'])
  const brief = connectTo(port)
  const response = Buffer.from(`\0${user}\0${stdout.trim()}`).toString('base64')
  await brief.say(`EHLO test\r\nAUTH PLAIN ${response}\r\n`, loggedIn)
  const client = connectTo(port)
  await client.say(plain, loggedIn)
  const [added = 0] = await findFreePorts(1)
  const toml = bridgeToml(world, [`127.0.0.1:${port}`, `127.0.0.1:${added}`])
  await home.configure(`${accountToml(world)}\n${toml}`)
  await daemon.control.reload()
  await client.say('NOOP\r\n')
  await brief.say('NOOP\r\n')
  await runClient(home, ['bridge', 'remove-password', 'brief'])
  await brief.rest()
  assert.match(await client.say('NOOP\r\n'), /^250 /)
  client.socket.destroy()
})

test('a port that another program has is temporary, and changes nothing', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: taken } = server.address() as AddressInfo
  const toml = bridgeToml(world, [`127.0.0.1:${taken}`])
  await home.configure(`${accountToml(world)}\n${toml}`)
  await assert.rejects(daemon.control.reload(), { code: 'store_locked' })
  server.close()
  const client = connectTo(port)
  await client.say(plain, loggedIn)
  client.socket.destroy()
})

test('a bridge that is killed costs its connections and nothing else', async () => {
  const client = connectTo(port)
  await client.say(plain, loggedIn)
  for (const pid of bridgePids()) process.kill(pid, 'SIGKILL')
  await client.rest()
  await daemon.logged(({ event }) => event === 'bridge.crashed')
  const next = connectTo(port)
  await next.say(plain, loggedIn)
  next.socket.destroy()
})

test('who holds all connections that there may be keeps no other program of its user out', async () => {
  const { pid = 0 } = daemon.process
  // Room for 136 that are not logged in, of which one user may hold 109.
  execFileSync('prlimit', [`--pid=${pid}`, '--nofile=200'])
  for (const each of bridgePids()) process.kill(each, 'SIGKILL')
  await connectTo(port).say('')
  const silent = Array.from({ length: 150 }, () => connectTo(port))
  await Promise.all(silent.map((client) => client.say('').catch(() => '')))
  const client = connectTo(port)
  await client.say(plain, loggedIn)
  assert.ok(silent.some(({ isEnded }) => !isEnded))
  await Promise.all(silent.slice(0, 40).map((each) => each.rest()))
  for (const { socket } of [client, ...silent]) socket.destroy()
})

test('a daemon that does not answer is a temporary failure for a right password', async () => {
  daemon.process.kill('SIGSTOP')
  try {
    const client = connectTo(port)
    const said = await client.say(plain, /^[45]\d\d.*\r\n/m)
    assertSentence(said.split('\r\n').at(-2), 'a daemon that does not answer', {
      code: '454 4.7.0',
    })
    client.socket.destroy()
  } finally {
    daemon.process.kill('SIGCONT')
  }
  const client = connectTo(port)
  await client.say(plain, loggedIn)
  client.socket.destroy()
})

test('a sign-in that is over is a temporary failure that names the next step', async () => {
  await daemon.control.forgetGrant(user, false)
  const client = connectTo(port)
  const said = await client.say(plain, /^[45]\d\d.*\r\n/m)
  assertSentence(said.split('\r\n').at(-2), 'a sign-in that is over', { code: '454 4.7.0', user })
  assert.match(await client.say(startOf), /^451 4\.7\.0 /)
  client.socket.destroy()
})
