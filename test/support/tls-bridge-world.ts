import assert from 'node:assert/strict'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after } from 'node:test'
import { type BridgeLogin } from './bridge-example.ts'
import { bridgeToml } from './bridge-world.ts'
import { type RunningDaemon, runClient } from './daemon.ts'
import { type Dovecot, dovecotProgram, startDovecot } from './dovecot.ts'
import { findFreePorts } from './free-ports.ts'
import { certificatePlace, type TlsForm } from './tls-example.ts'
import { accountToml, createWorld, startSignedIn, type World } from './world.ts'

/** Ports of loopback that ask for passwords, and take none without TLS. */
interface TlsPorts {
  smtp: number
  imap: number
  pop: number
}

/** Both mail servers, and a daemon with a bridge for each protocol and form of TLS. */
export interface TlsBridgeWorld extends World {
  daemon: RunningDaemon
  dovecot: Dovecot
  /** For a program that trusts this file: unless said otherwise what "cms-oauth bridge certificate" printed. */
  loginBy: (tls: TlsForm, trusted?: string) => BridgeLogin
  /** Resolves when a connection to the bridge that began in here has ended. */
  ended: (run: () => Promise<unknown>) => Promise<void>
}

/** The world of a test file's tests, with a message "hello" in the mailbox that says "fetched". */
export async function provideTlsBridgeWorld(): Promise<TlsBridgeWorld> {
  dovecotProgram()
  const world = await createWorld({ accessTokenLifetime: 3_600, accessTokenLength: 1_800 })
  after(() => world.close())
  const dovecot = await startDovecot(world.provider)
  after(() => dovecot.close())
  const { user, home } = world
  await dovecot.deliver(user, `From: friend@example.org\nTo: ${user}\nSubject: hello\n\nfetched\n`)
  const numbers = await findFreePorts(6)
  const ports = { starttls: portsOf(numbers.slice(0, 3)), implicit: portsOf(numbers.slice(3)) }
  const toml = [
    accountToml(world),
    ...bridges({ ...world, dovecot }, ports.starttls, 'required'),
    ...bridges({ ...world, dovecot }, ports.implicit, 'implicit'),
  ]
  const daemon = await startSignedIn(world, toml.join('\n'))
  after(() => daemon.stop())
  const { stdout, stderr } = await runClient(home, ['bridge', 'add-password', 'test'])
  assert.match(stdout, /^[a-z2-7]{24}\n$/, stderr)
  const certificateFile = join(home.directory, 'bridge.pem')
  await writeFile(certificateFile, (await runClient(home, ['bridge', 'certificate'])).stdout)
  // Also programs that run as another user are to read it.
  await chmod(home.directory, 0o711)
  const password = stdout.trim()
  return {
    ...world,
    daemon,
    dovecot,
    loginBy: (tls, trusted = certificateFile) => {
      return { user, password, ports: ports[tls], tls, more: { [certificatePlace]: trusted } }
    },
    ended: async (run) => {
      const lines = daemon.log.length
      await run()
      await daemon.logged(({ event }) => event === 'bridge.closed', lines)
    },
  }
}

function portsOf([smtp = 0, imap = 0, pop = 0]: number[]): TlsPorts {
  return { smtp, imap, pop }
}

function bridges(world: World & { dovecot: Dovecot }, { smtp, imap, pop }: TlsPorts, tls: string) {
  const { user, dovecot } = world
  const reading = [
    ['IMAP', imap, `localhost:${dovecot.ports.imaps}/tls`],
    ['POP', pop, `localhost:${dovecot.ports.pops}/tls`],
  ] as const
  return [
    bridgeToml(world, [`127.0.0.1:${smtp}`], `tls = "${tls}"\n`),
    ...reading.map(
      ([protocol, port, server]) =>
        `[[bridge]]\nprotocol = "${protocol}"\nlisten = "127.0.0.1:${port}"\n` +
        `server = "${server}"\naccounts = ["${user}"]\ntls = "${tls}"\n`,
    ),
  ]
}
