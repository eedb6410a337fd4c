import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { runClient } from '../support/daemon.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { residentKiB } from '../support/idle-memory.ts'
import { accountToml, createWorld, startSignedIn } from '../support/world.ts'
import { cpuMs } from './cpu-ms.ts'
import { startBareProxy, startMailSink } from './mail-sink.ts'
import type { Bench, Row } from './row.ts'

const mailBytes = 25 * 1024 * 1024
const roundTrips = 2_000
const logins = 100
const pairs = 1_000
const idleMs = 30_000
/** A pair that is measured idle is silent for less. */
const answerMs = 10 * 60_000

/** Somebody who can log in there, by the bridge or without it. */
type LogIn = () => Promise<Socket>

/**
 * What the bridge costs a program that reads mail, beside the same program at the same server by TLS:
 * ratios, and differences where the contract has those; and beside the barest proxy that Node can be. The
 * servers are processes of their own.
 */
export const bridge: Bench = async ({ rounds }) => {
  const world = await createWorld({ accessTokenLifetime: 3_600 })
  const { certificates } = world.provider
  const sink = await startMailSink(certificates)
  const proxy = await startBareProxy(sink.port, certificates.ca)
  const [port = 0] = await findFreePorts(1)
  const toml =
    `${accountToml(world)}\n[[bridge]]\nprotocol = "IMAP"\nlisten = "127.0.0.1:${port}"\n` +
    `accounts = ["${world.user}"]\nserver = "localhost:${sink.port}/tls"\nconnections = ${pairs}\n`
  try {
    const daemon = await startSignedIn(world, toml)
    const { stdout } = await runClient(world.home, ['bridge', 'add-password', 'bench'])
    const pid = bridgePid(daemon.process.pid ?? 0)
    const through = () => logInByPassword(port, `x LOGIN ${world.user} ${stdout.trim()}\r\n`)
    const direct = () => logInByToken(sink.port, certificates.ca)
    const bare = () => logInByPassword(proxy.port, 'x LOGIN\r\n')
    const barePid = proxy.process.pid ?? 0
    try {
      return await measure({ rounds, pid, barePid, through, bare, direct })
    } finally {
      await daemon.stop()
    }
  } finally {
    for (const { process } of [proxy, sink]) process.kill()
    await world.close()
  }
}

interface Subject {
  rounds: number
  pid: number
  barePid: number
  through: LogIn
  /** By the bare proxy. */
  bare: LogIn
  direct: LogIn
}

async function measure(subject: Subject): Promise<Row[]> {
  const { rounds, pid, barePid, through, bare, direct } = subject
  const rows = new Map<string, { goal: string; ratios: number[] }>()
  const note = (name: string, goal: string, figure: number) => {
    const row = rows.get(name) ?? { goal, ratios: [] }
    rows.set(name, { goal, ratios: [...row.ratios, figure] })
  }
  for (const logIn of [through, bare, direct]) await sayLogins(logIn, logins)
  for (let round = 0; round < rounds; round++) {
    for (const [way, transfer] of [
      ['down', download],
      ['up', upload],
    ] as const) {
      const theirs = await msOf(direct, transfer)
      const bares = await msOf(bare, transfer)
      const ours = await msOf(through, transfer)
      note(`bridge: 25 MiB ${way}`, '<= 1.3', ours / theirs)
      note(`bridge: 25 MiB ${way}, beside a bare Node proxy`, '<= 1.1', ours / bares)
    }
    const noopMs = (await msOf(direct, sayNoops)) / roundTrips
    const ourNoopMs = (await msOf(through, sayNoops)) / roundTrips
    note('bridge: NOOP, ms more than direct', '<= 0.15', ourNoopMs - noopMs)
    const theirMs = await sayLogins(direct, logins)
    const bareBefore = cpuMs(barePid)
    await sayLogins(bare, logins)
    const bareCpuMs = (cpuMs(barePid) - bareBefore) / logins
    const before = cpuMs(pid)
    const ourMs = await sayLogins(through, logins)
    const ourCpuMs = (cpuMs(pid) - before) / logins
    note('bridge: login, ms more than direct', '<= 10', ourMs - theirMs)
    note('bridge: login, ms of CPU', '<= 5', ourCpuMs)
    note('bridge: login, CPU beside a bare Node proxy', '<= 2', ourCpuMs / bareCpuMs)
  }
  const { pairKiB, growth } = await measureIdle(pid, through)
  note('bridge: idle IMAP connection, KiB', '<= 60', pairKiB)
  note(`bridge: memory of 1,000 of them after ${idleMs / 1_000} s`, '<= 1.02', growth)
  return [...rows].map(([name, row]) => ({ name, ...row }))
}

async function measureIdle(pid: number, logIn: LogIn) {
  const emptyKiB = residentKiB(pid)
  const sockets: Socket[] = []
  while (sockets.length < pairs) sockets.push(await logIn())
  await delay(2_000)
  const fullKiB = residentKiB(pid)
  await delay(idleMs)
  const growth = residentKiB(pid) / fullKiB
  for (const socket of sockets) socket.destroy()
  return { pairKiB: (fullKiB - emptyKiB) / pairs, growth }
}

/** How long it takes, without the login. */
async function msOf(logIn: LogIn, use: (socket: Socket) => Promise<void>): Promise<number> {
  const socket = await logIn()
  const startedAt = performance.now()
  await use(socket)
  const ms = performance.now() - startedAt
  socket.destroy()
  return ms
}

async function download(socket: Socket): Promise<void> {
  let left = mailBytes
  socket.write(`t SEND ${mailBytes}\r\n`)
  while (left > 0) left -= (await nextBytes(socket)).length
}

async function upload(socket: Socket): Promise<void> {
  socket.write(`t TAKE ${mailBytes}\r\n`)
  const piece = Buffer.alloc(64 * 1024)
  for (let sent = 0; sent < mailBytes; sent += piece.length) {
    if (!socket.write(piece)) await once(socket, 'drain')
  }
  await nextBytes(socket)
}

async function sayNoops(socket: Socket): Promise<void> {
  for (let count = 0; count < roundTrips; count++) {
    socket.write('t NOOP\r\n')
    await nextBytes(socket)
  }
}

/** How many ms each took. */
async function sayLogins(logIn: LogIn, count: number): Promise<number> {
  const startedAt = performance.now()
  for (let each = 0; each < count; each++) (await logIn()).destroy()
  return (performance.now() - startedAt) / count
}

async function logInByPassword(port: number, login: string): Promise<Socket> {
  const socket = watched(connect({ port, host: '127.0.0.1', noDelay: true }))
  await nextBytes(socket)
  socket.write(login)
  await nextBytes(socket)
  return socket
}

async function logInByToken(port: number, ca: string): Promise<Socket> {
  const socket = watched(connectTls({ port, host: 'localhost', ca }).setNoDelay())
  for (const line of ['a CAPABILITY', 'x AUTHENTICATE XOAUTH2', 'token']) {
    await nextBytes(socket)
    socket.write(`${line}\r\n`)
  }
  await nextBytes(socket)
  return socket
}

/** Whoever waits for bytes of it is told when none will come. */
function watched(socket: Socket): Socket {
  socket.setTimeout(answerMs, () => socket.destroy(new Error('no answer in time')))
  return socket.on('close', () => socket.emit('readable'))
}

async function nextBytes(socket: Socket): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read() as Buffer | null
    if (bytes !== null) return bytes
    if (socket.readableEnded || socket.destroyed) throw new Error('the server hung up')
    await once(socket, 'readable')
  }
}

function bridgePid(daemon: number): number {
  const children = readFileSync(`/proc/${daemon}/task/${daemon}/children`, 'utf8')
  return Number(children.trim().split(' ').find(isBridge))
}

function isBridge(pid: string): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('cms-oauth-bridge')
}
