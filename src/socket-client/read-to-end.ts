import type { Socket } from 'node:net'

/** What came on a connection. */
export interface Received {
  bytes: Buffer
  /** What it broke off with; absent: the other side has ended it. */
  error?: NodeJS.ErrnoException
}

/**
 * All that comes until the other side ends the connection, or it breaks off; does not reject. More than
 * `limitBytes` are EMSGSIZE. How long it may take is the caller's to decide: see `abandon`.
 */
export function readToEnd(socket: Socket, limitBytes: number): Promise<Received> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    let broken: NodeJS.ErrnoException | undefined
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > limitBytes) abandon(socket, 'EMSGSIZE')
    })
    socket.once('end', () => resolve({ bytes: Buffer.concat(chunks) }))
    socket.once('error', (error) => (broken = error))
    // After an end nobody hears of it.
    socket.once('close', () => {
      resolve({ bytes: Buffer.concat(chunks), error: broken ?? errorOf('ECONNRESET') })
    })
  })
}

/** Ends a connection on which too much came, or too late: whoever reads it has an error with this code. */
export function abandon(socket: Socket, code: 'ECANCELED' | 'EMSGSIZE' | 'ETIMEDOUT'): void {
  socket.destroy(errorOf(code))
}

/** An error with the code of a system call. */
export function errorOf(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code })
}
