import { once } from 'node:events'
import { connect, type ConnectionOptions } from 'node:tls'
import { LineClient } from './line-client.ts'

/** The client's side of TLS on a connection on which the server has just agreed to it. */
export async function beginTls(
  { socket: plain }: LineClient,
  options: ConnectionOptions,
): Promise<LineClient> {
  plain.removeAllListeners('data')
  const socket = connect({ socket: plain, servername: 'localhost', ...options })
  await once(socket, 'secureConnect')
  return new LineClient(socket)
}

/** A client that begins with TLS. */
export async function connectTls(port: number, options: ConnectionOptions): Promise<LineClient> {
  const to = { port, host: '127.0.0.1', allowHalfOpen: true, ...options } as ConnectionOptions
  const socket = connect(to)
  await once(socket, 'secureConnect')
  return new LineClient(socket)
}
