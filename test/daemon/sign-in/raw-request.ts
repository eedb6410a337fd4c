import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'

/** A connection to a port of this machine, open. */
export async function openConnection(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host })
  await once(socket, 'connect')
  return socket
}

/** What comes back for these bytes, to the end of the connection. */
export async function sendRaw(port: number, bytes: string, host?: string): Promise<string> {
  const socket = await openConnection(port, host)
  socket.write(bytes)
  return text(socket)
}

/** The status of an HTTP answer. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1])
}
