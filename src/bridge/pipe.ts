import type { Socket } from 'node:net'
import type { Upstream } from './upstream.ts'

/** Bytes that go first, in each direction. */
interface FirstBytes {
  up: Buffer[]
  down: Buffer[]
}

/** What has gone through. */
export interface PipeCounts {
  bytesUp: number
  bytesDown: number
}

const keepAliveMs = 60_000

/**
 * Connects a client with the mail server it was logged in at: bytes, and nothing else. A client that
 * closes its side may still be answered. What the server closes is closed wholly once its bytes are
 * out: behind a `nc -U` nobody notices that only one side is.
 * @returns what has gone through, when both are closed
 */
export async function pipe(
  client: Socket,
  { socket: server, unread }: Pick<Upstream, 'socket' | 'unread'>,
  { up, down }: FirstBytes,
): Promise<PipeCounts> {
  const counts = { bytesUp: 0, bytesDown: 0 }
  const closed = Promise.all([untilClosed(client, server), untilClosed(server, client)])
  for (const socket of [client, server]) socket.setKeepAlive(true, keepAliveMs)
  for (const bytes of up) send(server, bytes, () => (counts.bytesUp += bytes.length))
  for (const bytes of [...down, unread]) {
    send(client, bytes, () => (counts.bytesDown += bytes.length))
  }
  client.on('data', (chunk: Buffer) => (counts.bytesUp += chunk.length))
  server.on('data', (chunk: Buffer) => (counts.bytesDown += chunk.length))
  client.pipe(server)
  if (client.readableEnded) server.end()
  server.pipe(client, { end: false })
  server.once('end', () => client.destroySoon())
  await closed
  return counts
}

function send(socket: Socket, bytes: Buffer, count: () => void): void {
  if (bytes.length === 0) return
  socket.write(bytes)
  count()
}

/** An error of one, or its end, is that of the other: what was written to it still goes out. */
async function untilClosed(socket: Socket, other: Socket): Promise<void> {
  socket.on('error', () => {})
  await new Promise<void>((resolve) => {
    socket.once('close', (hadError) => {
      if (hadError) other.destroy()
      else other.destroySoon()
      resolve()
    })
    if (socket.destroyed) {
      other.destroySoon()
      resolve()
    }
  })
}
