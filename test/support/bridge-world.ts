import assert from 'node:assert/strict'
import { join } from 'node:path'
import { runClient, type RunningDaemon } from './daemon.ts'
import { findFreePorts } from './free-ports.ts'
import { accountToml, createWorld, startSignedIn, type World } from './world.ts'

/** A provider, the strict server, and a daemon with a bridge that programs without OAuth talk to. */
export interface BridgeWorld extends World {
  daemon: RunningDaemon
  /** Of loopback: asks for passwords. */
  port: number
  /** Of loopback: lets in by the kernel's word. */
  peerPort: number
  /** A UNIX socket that lets in by the kernel's word. */
  socket: string
  /** A password that is good for all. */
  password: string
}

/** Starts everything, signed in, with one password "test". */
export async function createBridgeWorld(more = ''): Promise<BridgeWorld> {
  const world = await createWorld()
  try {
    const [port = 0, peerPort = 0] = await findFreePorts(2)
    const socket = join(world.home.directory, 'submission.sock')
    const toml = bridgeToml(world, [`127.0.0.1:${port}`], more)
    const peers = bridgeToml(world, [`127.0.0.1:${peerPort}`, socket], 'caller = ["peer"]\n')
    const daemon = await startSignedIn(world, `${accountToml(world)}\n${toml}${peers}`)
    const { stdout, stderr } = await runClient(world.home, ['bridge', 'add-password', 'test'])
    assert.match(stdout, /^[a-z2-7]{24}\n$/, stderr)
    return {
      ...world,
      daemon,
      port,
      peerPort,
      socket,
      password: stdout.trim(),
      close: async () => {
        await daemon.stop()
        await world.close()
      },
    }
  } catch (error) {
    await world.close()
    throw error
  }
}

/** A [[bridge]] of the world's account at its strict server. */
export function bridgeToml({ user, mail }: World, listen: string[], more = ''): string {
  return (
    `[[bridge]]\nprotocol = "SMTP"\nlisten = ${JSON.stringify(listen)}\n` +
    `accounts = ["${user}"]\nserver = "localhost:${mail.port}"\n${more}`
  )
}
