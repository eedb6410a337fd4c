/** Every socket that the programs listen on, its places taken by clients that ask nothing or half a question. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'
import { bridgeToml } from '../support/bridge-world.ts'
import type { RunningDaemon } from '../support/daemon.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { installedProgram } from '../support/installed-program.ts'
import { childPids } from '../support/child-pids.ts'

/** More than any of them has places for: the daemon and its children may open so many files, and no more. */
const held = 600
const openFiles = 400
/** The shortest time after which a server ends a connection that asks nothing is not waited for by an honest client. */
const answerWithinMs = 4_000

interface Listener {
  where: () => string | number
  /** Half of what a client says first. */
  half: string
  /** The whole of it, and what comes back. */
  ask: () => string
  answer: RegExp
}

const get = (path: string, host = 'localhost') =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`

let world: World
let daemon: RunningDaemon
let page: URL
let ports: number[]
const leaving = new AbortController()

const listeners: Record<string, Listener> = {
  'a token socket': {
    where: () => world.home.tokenSocket,
    half: 'SMTP us',
    ask: () => `SMTP,token ${world.user}\n`,
    answer: /^[!-~]{20}/,
  },
  'the control socket': {
    where: () => world.home.controlSocket,
    half: 'GET /v1/acc',
    ask: () => get('/v1/accounts'),
    answer: /^HTTP\/1\.1 200 /,
  },
  'the sign-in page': {
    where: () => Number(page.port),
    half: 'GET /',
    ask: () => get(page.pathname, page.host),
    answer: /^HTTP\/1\.1 (200|30\d) /,
  },
  'the socket of an outbox': {
    where: () => join(world.home.env['XDG_RUNTIME_DIR'] ?? '', 'cms-oauth', 'outbox.sock'),
    half: 'GET /v1/lim',
    ask: () => get('/v1/limits'),
    answer: /^HTTP\/1\.1 200 /,
  },
  'an outbox that listens': {
    where: () => ports[0] ?? 0,
    half: 'EH',
    ask: () => 'EHLO me\r\nQUIT\r\n',
    answer: /^220 [^]*250 [^]*221 /,
  },
  'a bridge': {
    where: () => ports[1] ?? 0,
    half: 'EH',
    ask: () => 'EHLO me\r\nQUIT\r\n',
    answer: /^220 [^]*250 [^]*221 /,
  },
}

async function open(where: string | number): Promise<Socket> {
  const socket =
    typeof where === 'string' ? connect(where) : connect({ port: where, host: '127.0.0.1' })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

async function answerOf({ where, ask }: Listener): Promise<string> {
  const socket = await open(where())
  const limit = setTimeout(() => socket.destroy(new Error('no answer in time')), answerWithinMs)
  let said = ''
  socket.setEncoding('latin1').on('data', (text: string) => (said += text))
  socket.write(ask())
  await once(socket, 'close')
  clearTimeout(limit)
  return said
}

before(async () => {
  world = await createWorld()
  ports = await findFreePorts(2)
  const program = join(world.home.directory, 'few-files')
  const real = join(import.meta.dirname, '..', '..', 'bin', 'cms-oauthd.js')
  writeFileSync(program, `#!/bin/sh\nulimit -n ${openFiles}\nexec "${real}"\n`)
  chmodSync(program, 0o755)
  world.home.daemonProgram = program
  const sending = accountToml({ ...world, user: 'notices@example.com' })
  const outbox = `[[outbox]]\naccount = "notices@example.com"\nlisten = "127.0.0.1:${ports[0]}"\n`
  const bridge = bridgeToml(world, [`127.0.0.1:${ports[1]}`])
  daemon = await startSignedIn(world, `${accountToml(world)}${sending}${outbox}${bridge}`)
  // Not read to the end: the page is there as long as somebody may read on.
  const lines = daemon.control.signIn(world.user, {}, leaving.signal)[Symbol.asyncIterator]()
  const { value } = await lines.next()
  assert.equal(value?.event, 'url')
  page = new URL(value.url)
})

after(async () => {
  leaving.abort()
  await daemon.stop()
  await world.close()
})

test('as many may wait at each as the kernel allows', () => {
  const allowed = Math.min(4_096, Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8')))
  const { pid = 0 } = daemon.process
  const ours = [pid, ...childPids(pid)]
  const lines = execFileSync(installedProgram('ss', 'iproute2'), ['-Hlntxp'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => ours.some((one) => line.includes(`pid=${one},`)))
  assert.ok(lines.length >= Object.keys(listeners).length, lines.join('\n'))
  for (const line of lines) assert.equal(Number(line.split(/ +/)[3]), allowed, line)
})

describe('who holds all places keeps no honest client out', () => {
  for (const [name, listener] of Object.entries(listeners)) {
    for (const text of ['', listener.half]) {
      test(`of ${name}, ${text === '' ? 'silent' : 'with half a question'}`, async (t) => {
        const sockets: Socket[] = []
        t.after(() => sockets.forEach((socket) => socket.destroy()))
        for (let count = 0; count < held; count++) {
          const socket = await open(listener.where())
          sockets.push(socket.resume())
          if (text !== '') socket.write(text)
        }
        assert.match(await answerOf(listener), listener.answer)
      })
    }
  }
})
