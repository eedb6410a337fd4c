import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Audit } from '../../../src/daemon/audit.ts'
import type { SocketConfiguration } from '../../../src/configuration/configuration.ts'
import { ConnectionBudget } from '../../../src/kernel/connection-budget.ts'
import { SilentConnections } from '../../../src/daemon/socket/silent-connections.ts'
import type { TokenRequestsOptions } from '../../../src/daemon/socket/token-requests.ts'
import { TokenServer } from '../../../src/daemon/socket/token-server.ts'
import type { BatchLog, LogFields } from '../../../src/logging/log.ts'
import { fingerprint, Secret } from '../../../src/logging/secret.ts'
import type { ServedToken } from '../../../src/sasl/served-token.ts'
import { testAccount } from '../../support/accounts.ts'

export const user = 'user@example.com'
export const expiresAt = Date.UTC(2026, 0, 1)
export const servedToken: ServedToken = served('T0KEN')

export function served(text: string): ServedToken {
  const accessToken = new Secret(text)
  return { accessToken, fingerprint: fingerprint(accessToken), expiresAt }
}

/** A directory of its own for one test. */
export function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-socket-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export function socketConfiguration(changes: Partial<SocketConfiguration>): SocketConfiguration {
  return { path: '/nowhere', protocols: ['SMTP'], mode: 0o600, reply: 'xoauth2-b64', ...changes }
}

/** A log that keeps what it is told. */
export class ListLog implements BatchLog {
  readonly lostLines = 0
  readonly lines: { level: string; event: string; fields: LogFields }[] = []
  debug = this.#at('debug')
  info = this.#at('info')
  warn = this.#at('warn')
  error = this.#at('error')

  together(log: () => void): boolean {
    log()
    return true
  }

  #at(level: string) {
    return (event: string, fields: LogFields = {}) => {
      this.lines.push({ level, event, fields })
    }
  }
}

interface Changes extends Partial<Omit<TokenRequestsOptions, 'configuration'>> {
  configuration?: Partial<SocketConfiguration>
  budget?: ConnectionBudget
}

/** A listening token server for `user`, with a token in memory unless the changes say otherwise. */
export async function openTokenServer(t: TestContext, changes: Changes = {}) {
  const log = new ListLog()
  const path = join(temporaryDirectory(t), 'cms.sock')
  const account = testAccount({ user, saslUser: { IMAP: 'delegate@example.com' } })
  const configuration = socketConfiguration({ path, ...changes.configuration })
  const { budget = new ConnectionBudget(), ...others } = changes
  const server = new TokenServer({
    accounts: { find: (wanted) => (wanted === user ? account : undefined), all: () => [account] },
    tokens: { serve: () => servedToken },
    silent: new SilentConnections(budget),
    audit: new Audit(log),
    ...others,
    configuration,
  })
  await server.listen()
  t.after(() => server.close())
  return { path, configuration, server, log }
}

/** A connected client; what it is told later is its own business. */
export async function open(path: string): Promise<Socket> {
  const socket = connect({ path, allowHalfOpen: true })
  await once(socket, 'connect')
  return socket
}

/** All that comes until the server closes; rejects where the connection is reset. */
export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  socket.destroy()
  return Buffer.concat(chunks).toString('utf8')
}

/** All that comes until the client half-closes, its connection still open for an answer. */
export function readRequest(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    socket.on('data', (chunk) => (text += chunk.toString()))
    socket.once('end', () => resolve(text))
  })
}

/** Asks as exim does: one write and a half-close. */
export async function ask(path: string, request: string | Uint8Array): Promise<string> {
  const socket = await open(path)
  socket.end(request)
  return readAll(socket)
}

/** Waits until the event loop has served what is ready. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
