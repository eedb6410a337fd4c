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

/** One that has answered a handshake in plain text may be so many times as late. */
const latestGreeting = 15

/**
 * Connects, with TLS from the start where the server is one of those. Where nothing tells, one that says
 * nothing waits for the handshake: whoever begins in plain text greets first. One that answers that in plain text is
 * connected to once more: its greeting may only have been late.
 * @throws as `Connection.open` does
 */
export async function openSocket(options: ConnectOptions, deadline: Deadline): Promise<OpenSocket> {
  const { server, tls, reader, greetingMs = greetingLimitMs } = options
  if (server.isImplicitTls) {
    const begin = () => beginTls(server, tls, { reader })
    return { socket: await established(begin, 'secureConnect', server, deadline), isSecure: true }
  }
  const plain = await connected(server, deadline)
  if (server.mayBeginWithTls !== true || (await greets(plain, greetingMs, server, deadline))) {
    return { socket: plain, isSecure: false }
  }
  try {
    return { socket: await secured(plain, options, deadline), isSecure: true }
  } catch (error) {
    if (!answersInPlainText(error)) throw error
    const again = await connected(server, deadline)
    if (await greets(again, latestGreeting * greetingMs, server, deadline)) {
      return { socket: again, isSecure: false }
    }
    again.destroy()
    throw error
  }
}

function connected(server: MailServer, deadline: Deadline): Promise<Socket> {
  const begin = () => connect({ ...server, ...connectAttempt, noDelay: true })
  return established(begin, 'connect', server, deadline)
}

function secured(
  plain: Socket,
  { server, tls }: ConnectOptions,
  deadline: Deadline,
): Promise<Socket> {
  // The TLS socket above it reports its errors.
  plain.on('error', () => {})
  const begin = () => beginTls(server, tls, { plain })
  return established(begin, 'secureConnect', { ...server, isImplicitTls: true }, deadline)
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
