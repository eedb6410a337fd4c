import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connectAttempt } from '../../schedule/connect-attempt.ts'
import type { MailServer } from '../mail-server.ts'
import type { ConnectOptions } from './connect-options.ts'
import { connectionFailure } from './connection-failure.ts'
import type { Deadline } from './deadline.ts'
import { established } from './established.ts'
import { beginTls } from './verified-tls.ts'

/** A server that greets in plain text does so sooner. */
const greetingLimitMs = 2_000

/** A connection, and whether it is a verified TLS one. */
export interface OpenSocket {
  socket: Socket
  isSecure: boolean
}

/**
 * Connects, with TLS from the start where the server is one of those. Where nothing tells, one that says
 * nothing waits for the handshake: whoever begins in plain text greets first.
 * @throws as `Connection.open` does
 */
export async function openSocket(options: ConnectOptions, deadline: Deadline): Promise<OpenSocket> {
  const { server, tls, reader, greetingMs = greetingLimitMs } = options
  if (server.isImplicitTls) {
    const begin = () => beginTls(server, tls, { reader })
    return { socket: await established(begin, 'secureConnect', server, deadline), isSecure: true }
  }
  const begin = () => connect({ ...server, ...connectAttempt, noDelay: true })
  const plain = await established(begin, 'connect', server, deadline)
  if (server.mayBeginWithTls !== true || (await greets(plain, greetingMs, server, deadline))) {
    return { socket: plain, isSecure: false }
  }
  // The TLS socket above it reports its errors.
  plain.on('error', () => {})
  const secure = () => beginTls(server, tls, { plain })
  const guessed = { ...server, isImplicitTls: true }
  return { socket: await established(secure, 'secureConnect', guessed, deadline), isSecure: true }
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
    deadline.end()
    if (isCancelled) throw signal.reason
    throw connectionFailure(server, signal.aborted ? signal.reason : error, 'greeting')
  }
}
