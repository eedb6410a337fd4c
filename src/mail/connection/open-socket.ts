import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connectAttempt } from '../../schedule/connect-attempt.ts'
import type { MailServer } from '../mail-server.ts'
import type { ConnectOptions } from './connect-options.ts'
import { answersInPlainText, connectionFailure } from './connection-failure.ts'
import type { Deadline } from './deadline.ts'
import { established } from './established.ts'
import { beginTls } from './verified-tls.ts'

/** A server that greets in plain text mostly does so sooner. */
const greetingLimitMs = 2_000

/** A connection, and whether it is a verified TLS one. */
export interface OpenSocket {
  socket: Socket
  isSecure: boolean
}

/**
 * Connects, with TLS from the start where the server is one of those. Where nothing tells, one that says
 * nothing waits for the handshake: whoever begins in plain text greets first. One that greets after all is
 * connected to once more, and waited for.
 * @throws as `Connection.open` does
 */
export async function openSocket(options: ConnectOptions, deadline: Deadline): Promise<OpenSocket> {
  const { server, tls, reader } = options
  if (server.isImplicitTls) {
    const begin = () => beginTls(server, tls, { reader })
    return { socket: await established(begin, 'secureConnect', server, deadline), isSecure: true }
  }
  const plain = server.mayBeginWithTls === true ? await guess(options, deadline) : undefined
  return plain ?? { socket: await connected(server, deadline), isSecure: false }
}

function connected(server: MailServer, deadline: Deadline): Promise<Socket> {
  const begin = () => connect({ ...server, ...connectAttempt, noDelay: true })
  return established(begin, 'connect', server, deadline)
}

/** Undefined where the server has answered the handshake in plain text: it greets late. */
async function guess(
  { server, tls, greetingMs = greetingLimitMs }: ConnectOptions,
  deadline: Deadline,
): Promise<OpenSocket | undefined> {
  const plain = await connected(server, deadline)
  if (await greets(plain, greetingMs, server, deadline)) return { socket: plain, isSecure: false }
  // The TLS socket above it reports its errors.
  plain.on('error', () => {})
  const begin = () => beginTls(server, tls, { plain })
  const guessed = { ...server, isImplicitTls: true }
  try {
    const socket = await established(begin, 'secureConnect', guessed, deadline)
    return { socket, isSecure: true }
  } catch (error) {
    if (!answersInPlainText(error)) throw error
    return undefined
  }
}

/** True as soon as there is something to read; false where there is nothing for so long. */
async function greets(
  socket: Socket,
  limitMs: number,
  server: MailServer,
  deadline: Deadline,
): Promise<boolean> {
  const limit = AbortSignal.timeout(limitMs)
  try {
    await once(socket, 'readable', { signal: AbortSignal.any([limit, deadline.signal]) })
    return true
  } catch (error) {
    const { signal, isCancelled } = deadline
    if (limit.aborted && !signal.aborted && !socket.destroyed) return false
    socket.destroy()
    if (isCancelled) throw signal.reason
    throw connectionFailure(server, signal.aborted ? signal.reason : error, 'greeting')
  }
}
