import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { findGroupId, findUserId } from '../../src/kernel/user-database.ts'
import { type AuthorizationServer, testClientId, testClientSecret } from './authorization-server.ts'
import {
  dovecotConfiguration,
  type DovecotPorts,
  introspectionConfiguration,
} from './dovecot-configuration.ts'
import { type DovecotRelay, startDovecotRelay } from './dovecot-relay.ts'
import { findFreePorts } from './free-ports.ts'
import { installedProgram } from './installed-program.ts'

/**
 * Debian's real Dovecot on loopback, as a judge that nobody of this project wrote: IMAP, POP and
 * submission, XOAUTH2 and OAUTHBEARER, each token introspected at the test's authorization server.
 * Nothing of the system's configuration is read; it runs as root or as an ordinary user.
 *
 *     const dovecot = await startDovecot(world.provider)
 *     await dovecot.deliver(world.user, 'Subject: hello\n\ntext\n')
 *     // point a program to localhost:dovecot.ports.imaps, world.provider.certificates.caFile
 *     assert.match(await dovecot.log(), /Login: user=<user@example\.com>, method=XOAUTH2/)
 *     await dovecot.close() // before the world
 */
export interface Dovecot {
  ports: DovecotPorts
  /** What its submission service took and relayed, with the identity of the login. */
  messages: DovecotRelay['messages']
  /** All that it has logged; no token is in it. */
  log(): Promise<string>
  /** Puts a message into a user's inbox. */
  deliver(user: string, message: string): Promise<void>
  close(): Promise<void>
}

interface DovecotOptions {
  /** What it offers; both unless said otherwise. */
  mechanisms?: readonly ('XOAUTH2' | 'OAUTHBEARER')[]
}

const attempts = 5

/** Where it is installed, to be asked before anything is started. @throws with the Debian packages */
export function dovecotProgram(): string {
  return installedProgram('dovecot', 'dovecot-imapd dovecot-pop3d dovecot-submissiond')
}

/** Starts it; resolves when all its ports are served. @throws with its log */
export async function startDovecot(
  provider: AuthorizationServer,
  { mechanisms = ['XOAUTH2', 'OAUTHBEARER'] }: DovecotOptions = {},
): Promise<Dovecot> {
  const directory = await mkdtemp(join(tmpdir(), 'dovecot-'))
  await prepare(directory, provider)
  const relay = await startDovecotRelay()
  for (let attempt = 1; ; attempt++) {
    const ports = await findPorts()
    const configuration = { directory, ports, mechanisms, relayPort: relay.port }
    await writeFile(join(directory, 'dovecot.conf'), dovecotConfiguration(configuration))
    const server = await serve(directory)
    if (server !== undefined) return running({ directory, ports, relay, server })
    const log = await readLog(directory)
    if (attempt < attempts && log.includes('Address already in use')) continue
    await relay.close()
    await rm(directory, { recursive: true, force: true })
    throw new Error(`dovecot did not start: ${log}`)
  }
}

/** Certificate, introspection and a mail directory, readable by the users that its parts run as. */
async function prepare(
  directory: string,
  { url, certificates }: AuthorizationServer,
): Promise<void> {
  await chmod(directory, 0o755)
  const caFile = join(directory, 'ca.pem')
  await writeFile(caFile, certificates.ca)
  await writeFile(join(directory, 'cert.pem'), certificates.cert)
  await writeFile(join(directory, 'key.pem'), certificates.key, { mode: 0o600 })
  const introspection = new URL('/token/introspection', url)
  introspection.username = `${testClientId}-basic`
  introspection.password = testClientSecret
  await writeFile(
    join(directory, 'oauth2.conf'),
    introspectionConfiguration(introspection.href, caFile),
  )
  await mkdir(join(directory, 'mail'))
  await own(join(directory, 'mail'))
}

/** Gives what root has made to the user of the mail. */
async function own(path: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  await chown(path, findUserId('mail') ?? 0, findGroupId('mail') ?? 0)
}

async function findPorts(): Promise<DovecotPorts> {
  const [imap = 0, imaps = 0, pop = 0, pops = 0, submission = 0, submissions = 0] =
    await findFreePorts(6)
  return { imap, imaps, pop, pops, submission, submissions }
}

/** Resolves with the process once it says that it serves, undefined when it ends before. */
async function serve(directory: string): Promise<ChildProcess | undefined> {
  const args = [dovecotProgram(), '-F', '-c', join(directory, 'dovecot.conf')]
  // Where the test is killed it goes too.
  const setpriv = installedProgram('setpriv', 'util-linux')
  const child = spawn(setpriv, ['--pdeathsig', 'TERM', ...args], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  while (isRunning(child)) {
    // Its master writes this once all sockets listen.
    if ((await readLog(directory)).includes('starting up for')) return child
    await Promise.race([ended, setTimeout(20)])
  }
  return undefined
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null
}

function readLog(directory: string): Promise<string> {
  return readFile(join(directory, 'dovecot.log'), 'utf8').catch(() => '')
}

interface Parts {
  directory: string
  ports: DovecotPorts
  relay: DovecotRelay
  server: ChildProcess
}

function running({ directory, ports, relay, server }: Parts): Dovecot {
  return {
    ports,
    messages: relay.messages,
    log: () => readLog(directory),
    deliver: (user, message) => deliver(join(directory, 'mail', user), message),
    close: async () => {
      const ended = isRunning(server) ? once(server, 'exit') : undefined
      server.kill('SIGTERM')
      await ended
      await relay.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** As a Maildir requires it: written aside, then moved to where it is seen. */
async function deliver(home: string, message: string): Promise<void> {
  const maildir = join(home, 'Maildir')
  const name = `${Date.now()}.${randomUUID()}.localhost`
  for (const path of [home, maildir, ...['tmp', 'new', 'cur'].map((part) => join(maildir, part))]) {
    await mkdir(path, { recursive: true })
    await own(path)
  }
  await writeFile(join(maildir, 'tmp', name), message)
  await own(join(maildir, 'tmp', name))
  await rename(join(maildir, 'tmp', name), join(maildir, 'new', name))
}
