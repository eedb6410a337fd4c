import { closeSync } from 'node:fs'
import { peerCredentials } from './peer-credentials.ts'
import { connectTo } from './stream-socket.ts'

/** Who listens on a UNIX socket. */
export interface SocketHolder {
  /**
   * Undefined if it cannot be found out: it accepts no connections, or is in another pid namespace.
   */
  pid: number | undefined
}

/** What connect(2) returns if nobody will ever answer. */
const deadCodes = ['ECONNREFUSED', 'ENOENT']
/** Its queue is full, or it is a socket of another type: in both cases a process has it open. */
const silentCodes = ['EAGAIN', 'EWOULDBLOCK', 'EPROTOTYPE']

/**
 * Who listens at a path of at most 107 bytes; undefined if nobody does. It never blocks: the kernel
 * answers, even for a listener that hangs.
 * @throws NodeJS.ErrnoException if the socket may not be opened
 */
export function findSocketHolder(path: string): SocketHolder | undefined {
  let fd: number
  try {
    fd = connectTo(path)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (deadCodes.includes(code)) return undefined
    if (silentCodes.includes(code)) return { pid: undefined }
    throw error
  }
  try {
    // The kernel says 0 for a process in another pid namespace.
    const { pid } = peerCredentials(fd)
    return { pid: pid > 0 ? pid : undefined }
  } finally {
    closeSync(fd)
  }
}
