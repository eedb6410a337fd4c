/** The real daemon on sockets that somebody else made and keeps, as systemd does. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { closeSync, existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { holdListener } from '../../src/child-process/held-listener.ts'
import { askSocket } from '../../src/socket-client/ask-socket.ts'
import { createHome, type Home, startDaemon } from '../support/daemon.ts'
import { LineClient } from '../support/line-client.ts'
import { openListeningSocket } from '../support/unix-socket.ts'
import { assertSentence } from '../support/golden.ts'

const account = '[[account]]\nuser = "user@example.com"\nprovider = "office365"\nclient_id = "id"\n'

async function prepare(t: TestContext, toml: string): Promise<Home> {
  const home = await createHome()
  t.after(() => home.remove())
  await home.configure(toml)
  return home
}

function listen(t: TestContext, path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const fd = openListeningSocket(path)
  t.after(() => closeSync(fd))
  return fd
}

/** What the socket answers, whenever it does; any answer shows that the daemon serves it. */
async function ask(path: string): Promise<string> {
  const answer = await askSocket(path, 'SMTP,json user@example.com', 20_000)
  return (JSON.parse(answer.toString()) as { error: string }).error
}

test('a socket is found by its path, outlives the daemon, and its clients wait for the next one', async (t) => {
  const home = await prepare(t, account)
  const fd = listen(t, home.tokenSocket)
  const { ino, mode } = lstatSync(home.tokenSocket)
  for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
    const early = ask(home.tokenSocket)
    const daemon = await startDaemon(home, {}, [fd])
    assert.equal(await early, 'sign_in_required')
    assert.equal(await ask(home.tokenSocket), 'sign_in_required')
    assert.equal(await daemon.stop(signal), signal === 'SIGTERM' ? 0 : null)
    const after = lstatSync(home.tokenSocket)
    assert.deepEqual({ ino: after.ino, mode: after.mode }, { ino, mode })
  }
})

test('a socket is found by its name, and the configured path is not made', async (t) => {
  const home = await prepare(t, account)
  const path = join(home.directory, 'configured.sock')
  const others = [join(home.directory, 'first.sock'), join(home.directory, 'second.sock')]
  const fds = others.map((other) => listen(t, other))
  await home.configure(`${account}[[socket]]\nname = "exim"\npath = "${path}"\n`)
  const daemon = await startDaemon(home, { LISTEN_FDNAMES: 'unknown:exim' }, fds)
  t.after(() => daemon.stop())
  assert.equal(await ask(others[1] ?? ''), 'sign_in_required')
  assert.equal(existsSync(path), false)
})

test('a socket that nobody serves is reported with its path and name', async (t) => {
  const home = await prepare(t, account)
  const path = join(home.directory, 'other.sock')
  const daemon = await startDaemon(home, { LISTEN_FDNAMES: 'exim' }, [listen(t, path)])
  t.after(() => daemon.stop())
  const { reason, path: reported } = await daemon.logged(({ event }) => event === 'socket.unused')
  assert.equal(reported, path)
  assertSentence(String(reason), 'a socket that nobody serves is reported with its path and name', {
    name: 'exim',
  })
  assert.equal(await ask(home.tokenSocket), 'sign_in_required')
})

test('a reload keeps the socket', async (t) => {
  const home = await prepare(t, account)
  const daemon = await startDaemon(home, {}, [listen(t, home.tokenSocket)])
  t.after(() => daemon.stop())
  const before = lstatSync(home.tokenSocket).ino
  await home.configure(`${account}[[socket]]\npath = "${home.tokenSocket}"\nprotocols = ["IMAP"]\n`)
  await daemon.control.reload()
  assert.equal(lstatSync(home.tokenSocket).ino, before)
  assert.equal(await ask(home.tokenSocket), 'protocol_not_enabled')
})

test('a port is refused that a [[socket]] names, and reported where nobody does', async (t) => {
  const home = await prepare(t, `${account}[[socket]]\nname = "exim"\n`)
  const [fd, port] = await listenOnPort(t)
  await assert.rejects(
    startDaemon(home, { LISTEN_FDNAMES: 'exim' }, [fd]),
    ({ message }: Error) => {
      const names = { name: 'exim', port }
      assertSentence(message, 'a port that a [[socket]] names is refused', names)
      return true
    },
  )
  const daemon = await startDaemon(home, { LISTEN_FDNAMES: 'other' }, [fd])
  t.after(() => daemon.stop())
  const { reason, address } = await daemon.logged(({ event }) => event === 'socket.unused')
  assert.equal(address, `127.0.0.1:${port}`)
  assertSentence(String(reason), 'a port that nobody serves is reported', { name: 'other' })
})

test('variables and descriptors of the activation end with the daemon', async (t) => {
  const home = await prepare(t, '')
  const seen = join(home.directory, 'seen')
  // The key command is run by the renewer, and sees what the renewer was given.
  const script = `env > '${seen}'; ls -l /proc/$PPID/fd >> '${seen}' 2>&1; ls -l /proc/$$/fd >> '${seen}'; head -c 32 /dev/zero | base64`
  const command = JSON.stringify(['sh', '-c', script])
  await home.configure(`${account}[store]\nkey = "command"\nkey_command = ${command}\n`)
  const fds = [listen(t, home.tokenSocket), listen(t, join(home.directory, 'unused.sock'))]
  const supervisor = { LISTEN_FDNAMES: 'a:b', NOTIFY_SOCKET: '/nowhere', WATCHDOG_USEC: '60000000' }
  const daemon = await startDaemon(home, supervisor, fds)
  t.after(() => daemon.stop())
  const text = readFileSync(seen, 'utf8')
  assert.match(text, /^HOME=/m)
  assert.doesNotMatch(text, /^(LISTEN_|NOTIFY_|WATCHDOG_)/m)
  const socketInodes = fds.map((fd) => inodeOf(fd))
  for (const inode of socketInodes) assert.ok(!text.includes(`socket:[${inode}]`))
})

function inodeOf(fd: number): string {
  return /\d+/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[0] ?? ''
}

async function listenOnPort(t: TestContext, host = '127.0.0.1'): Promise<[number, number]> {
  const server = createServer()
  await once(server.listen(0, host), 'listening')
  const { port } = server.address() as AddressInfo
  const held = await holdListener(server)
  t.after(() => held.close())
  return [held.fd, port]
}

const bridge = (keys: string) =>
  `${account}[[bridge]]\nprotocol = "SMTP"\naccounts = ["user@example.com"]\nserver = "localhost:1"\n${keys}\n`

function greeting(port: number): Promise<string> {
  return new LineClient({ port, host: '127.0.0.1' }).say('')
}

test('a bridge has the ports of its name, outlived by them, and a reload keeps them', async (t) => {
  const home = await prepare(t, bridge('name = "submission"'))
  const [first, other] = [await listenOnPort(t), await listenOnPort(t)]
  const fds = [first[0], other[0]]
  const names = { LISTEN_FDNAMES: 'submission:submission' }
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const early = greeting(first[1])
    const daemon = await startDaemon(home, names, fds)
    assert.match(await early, /^220 /)
    await home.configure(account)
    assert.deepEqual((await daemon.control.reload()).bridges?.removed, ['submission'])
    const unused = await daemon.logged(({ event }) => event === 'socket.unused')
    assert.equal(unused['address'], `127.0.0.1:${first[1]}`)
    await home.configure(bridge('name = "submission"'))
    const late = greeting(first[1])
    await daemon.control.reload()
    assert.match(await late, /^220 /)
    assert.match(await greeting(other[1]), /^220 /)
    await daemon.stop(signal)
  }
})

test('a bridge finds a socket of systemd by its address too', async (t) => {
  const [fd, port] = await listenOnPort(t)
  const home = await prepare(t, bridge(`listen = "127.0.0.1:${port}"`))
  const daemon = await startDaemon(home, { LISTEN_FDNAMES: 'cms-oauthd-submission.socket' }, [fd])
  t.after(() => daemon.stop())
  assert.match(await greeting(port), /^220 /)
})

const refusals: Record<string, { keys: string; names: string; host?: string }> = {
  'a bridge whose socket was not passed': { keys: 'name = "submission"', names: 'imap' },
  'a port that other machines reach': { keys: 'name = "imap"', names: 'imap', host: '0.0.0.0' },
}
for (const [what, { keys, names, host }] of Object.entries(refusals)) {
  test(`${what} is refused with the next step`, async (t) => {
    const home = await prepare(t, bridge(keys))
    const [fd, port] = await listenOnPort(t, host)
    await assert.rejects(startDaemon(home, { LISTEN_FDNAMES: names }, [fd]), (error: Error) => {
      const said = JSON.parse(error.message.replace(/^[^[]*/, '')) as { text: string }[]
      assertSentence(
        said.map(({ text }) => text).join(' '),
        `${what} is refused with the next step`,
        host === undefined ? {} : { port },
      )
      return true
    })
  })
}
