import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { MailServer } from '../mail-server.ts'
import { connectionFailure } from './connection-failure.ts'
import type { Deadline } from './deadline.ts'

/**
 * The socket that `begin` makes, once it is connected or its TLS is verified. A failed one is destroyed; the
 * deadline goes on.
 * @throws CmsOauthError, or the reason of the caller's signal
 */
export async function established(
  begin: () => Socket,
  event: 'connect' | 'secureConnect',
  server: MailServer,
  deadline: Deadline,
): Promise<Socket> {
  const { signal } = deadline
  if (deadline.isCancelled) throw signal.reason
  const socket = begin()
  try {
    await once(socket, event, { signal })
    return socket
  } catch (error) {
    socket.destroy()
    // An attempt that was abandoned may fail once more.
    socket.on('error', () => {})
    if (deadline.isCancelled) throw signal.reason
    throw connectionFailure(server, error, event === 'connect' ? 'connect' : 'handshake')
  }
}
