import { closeSync } from 'node:fs'
import { peerCredentials } from './peer-credentials.ts'
import { connectTo } from './stream-socket.ts'

/** Who listens on a UNIX socket. */
export interface SocketHolder {
  /**
   * Undefined if it cannot be found out: it accepts no connections, has inherited the socket, or is in another pid
   * namespace.
   */
  pid: number | undefined
  /** Whether the process that began to listen is gone, and another one has the socket from it. */
  isInherited: boolean
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
    if (silentCodes.includes(code)) return { pid: undefined, isInherited: false }
    throw error
  }
  try {
    const { pid } = peerCredentials(fd)
    // The kernel says 0 for a process in another pid namespace.
    const isInherited = pid > 0 && !isRunning(pid)
    return { pid: pid > 0 && !isInherited ? pid : undefined, isInherited }
  } finally {
    closeSync(fd)
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
