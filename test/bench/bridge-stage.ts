import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { curlWays } from './curl-mail.ts'
import { runClient } from '../support/daemon.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { accountToml, createWorld, startSignedIn } from '../support/world.ts'
import { startBareProxy, startCopyingProxy, startMailSink } from './mail-sink.ts'
import { childPidsBy } from '../support/child-pids.ts'

/** Somebody who can log in there, by a proxy or without one. */
export type LogIn = () => Promise<Socket>

/** A way to the mail server through a process. */
export interface Proxy {
  pid: number
  logIn: LogIn
}

/** A mail server, what is between it and programs, and the way there without. */
export interface BridgeStage {
  bridge: Proxy
  /** The barest one that Node can be. */
  bare: Proxy
  direct: LogIn
  /** As directly, but for a process between that only copies bytes. */
  copied: LogIn
  /** For curl(1): where it logs in, through the bridge and without it. */
  curl: ReturnType<typeof curlWays>
  /** Of this stage, removed when it closes. */
  directory: string
  close: () => Promise<void>
}

/** A pair that is measured idle is silent for less. */
const answerMs = 20 * 60_000

/** Starts all of it, each in a process of its own; an account may have so many connections. */
export async function startBridgeStage(connections: number): Promise<BridgeStage> {
  const world = await createWorld({ accessTokenLifetime: 3_600 })
  const { certificates } = world.provider
  const sink = await startMailSink(certificates)
  const proxy = await startBareProxy(sink.port, certificates.ca)
  const copying = await startCopyingProxy(sink.port, world.home.directory)
  const [port = 0] = await findFreePorts(1)
  const toml =
    `${accountToml(world)}\n[[bridge]]\nprotocol = "IMAP"\nlisten = "127.0.0.1:${port}"\n` +
    `accounts = ["${world.user}"]\nserver = "localhost:${sink.port}/tls"\nconnections = ${connections}\n`
  const closeServers = async () => {
    for (const { process } of [proxy, copying, sink]) process.kill()
    await world.close()
  }
  try {
    const daemon = await startSignedIn(world, toml)
    const { stdout } = await runClient(world.home, ['bridge', 'add-password', 'bench'])
    return {
      bridge: {
        pid: bridgePid(daemon.process.pid ?? 0),
        logIn: () => logInByPassword(port, `x LOGIN ${world.user} ${stdout.trim()}\r\n`),
      },
      bare: {
        pid: proxy.process.pid ?? 0,
        logIn: () => logInByPassword(proxy.port, 'x LOGIN\r\n'),
      },
      direct: () => logInByToken(sink.port, certificates.ca),
      copied: () => logInByToken(copying.port, certificates.ca),
      curl: curlWays({
        user: world.user,
        bridge: { port, password: stdout.trim() },
        direct: { port: sink.port, token: 'token', caFile: certificates.caFile },
      }),
      directory: world.home.directory,
      close: async () => {
        await daemon.stop()
        await closeServers()
      },
    }
  } catch (error) {
    await closeServers()
    throw error
  }
}

/** So many that are logged in and say nothing. */
export async function openIdle(logIn: LogIn, count: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < count) sockets.push(await logIn())
  return sockets
}

/** The next that comes. @throws where the other side has closed */
export async function nextBytes(socket: Socket): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read() as Buffer | null
    if (bytes !== null) return bytes
    if (socket.readableEnded || socket.destroyed) throw new Error('the server hung up')
    await once(socket, 'readable')
  }
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

function bridgePid(daemon: number): number {
  return childPidsBy(daemon, 'cms-oauth-bridge')[0] ?? Number.NaN
}
