import { once } from 'node:events'
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ListenAddress } from '../../configuration/listen-address.ts'
import type { LocalTlsMode } from '../../configuration/local-listener.ts'

/**
 * A connection to an address of a bridge, with TLS where that comes first.
 * @throws NodeJS.ErrnoException where nobody answers; AbortError for one who does not before the signal
 */
export function openBridge(
  address: ListenAddress,
  tls: LocalTlsMode,
  signal: AbortSignal,
): Promise<Socket> {
  const to = reachable(address)
  return tls === 'implicit'
    ? ready(connectTls({ ...to, ...whoever }), 'secureConnect', signal)
    : ready(connect(to), 'connect', signal)
}

/** The same connection with TLS from now on. @throws as openBridge */
export function secureBridge(socket: Socket, signal: AbortSignal): Promise<Socket> {
  return ready(connectTls({ socket, ...whoever }), 'secureConnect', signal)
}

/** Whose certificate it is does not matter: the daemon holds the address open, and no secret that lasts is sent. */
const whoever = { rejectUnauthorized: false }

async function ready(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<Socket> {
  // A bridge that nobody waits for any more may still reset the connection.
  socket.on('error', () => {})
  try {
    await once(socket, event, { signal })
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** One that listens on every address is reached by loopback. */
function reachable(address: ListenAddress): NetConnectOpts {
  if ('path' in address) return address
  const { host, port } = address
  const loopback = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host]
  return { host: loopback ?? host, port }
}
