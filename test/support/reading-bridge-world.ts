import { after } from 'node:test'
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type RunningDaemon, runClient } from './daemon.ts'
import { type Dovecot, dovecotProgram, startDovecot } from './dovecot.ts'
import { findFreePorts } from './free-ports.ts'
import { accountToml, createWorld, startSignedIn, type World } from './world.ts'

/** Where a bridge of one protocol listens. */
export interface ReadingBridge {
  /** Of loopback: asks for passwords. */
  port: number
  /** A UNIX socket that lets in by the kernel's word. */
  socket: string
}

/** Dovecot, and a daemon with bridges that programs without OAuth read mail through. */
export interface ReadingBridgeWorld extends World {
  daemon: RunningDaemon
  dovecot: Dovecot
  imap: ReadingBridge
  pop: ReadingBridge
  /** A password that is good for all. */
  password: string
}

/** The world of a test file's tests, with a message "hello" in the mailbox that says "fetched". */
export async function provideReadingBridgeWorld(): Promise<ReadingBridgeWorld> {
  dovecotProgram()
  const world = await createWorld({ accessTokenLifetime: 3_600, accessTokenLength: 1_800 })
  after(() => world.close())
  const dovecot = await startDovecot(world.provider)
  after(() => dovecot.close())
  const { user, home } = world
  await dovecot.deliver(user, `From: friend@example.org\nTo: ${user}\nSubject: hello\n\nfetched\n`)
  const [imapPort = 0, popPort = 0] = await findFreePorts(2)
  const imap = { port: imapPort, socket: join(home.directory, 'imap.sock') }
  const pop = { port: popPort, socket: join(home.directory, 'pop.sock') }
  const toml = [
    accountToml(world),
    ...bridges('IMAP', imap, `localhost:${dovecot.ports.imaps}/tls`, user),
    ...bridges('POP', pop, `localhost:${dovecot.ports.pop}/starttls`, user),
  ]
  const daemon = await startSignedIn(world, toml.join('\n'))
  after(() => daemon.stop())
  const { stdout, stderr } = await runClient(home, ['bridge', 'add-password', 'test'])
  assert.match(stdout, /^[a-z2-7]{24}\n$/, stderr)
  return { ...world, daemon, dovecot, imap, pop, password: stdout.trim() }
}

/** One for passwords, and one for the kernel's word. */
function bridges(protocol: string, { port, socket }: ReadingBridge, server: string, user: string) {
  const common = `[[bridge]]\nprotocol = "${protocol}"\nserver = "${server}"\naccounts = ["${user}"]`
  return [
    `${common}\nlisten = "127.0.0.1:${port}"`,
    `${common}\nlisten = "${socket}"\ncaller = ["peer"]`,
  ]
}
