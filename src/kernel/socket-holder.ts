import { libc, systemError } from './libc.ts'
import { peerCredentials } from './peer-credentials.ts'
import { afUnix, socketAddress } from './socket-address.ts'

const sockStreamCloexecNonblock = 1 | 0o2000000 | 0o4000

const socket = libc.func('int socket(int domain, int type, int protocol)')
const connect = libc.func('int connect(int fd, const uint8_t *address, uint32_t length)')
const close = libc.func('int close(int fd)')

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
  const fd = socket(afUnix, sockStreamCloexecNonblock, 0) as number
  if (fd < 0) throw systemError('socket')
  try {
    const address = socketAddress(Buffer.from(path))
    if (connect(fd, address, address.length) === 0) {
      // The kernel says 0 for a process in another pid namespace.
      const { pid } = peerCredentials(fd)
      return { pid: pid > 0 ? pid : undefined }
    }
    const error = systemError('connect')
    if (deadCodes.includes(error.code ?? '')) return undefined
    if (silentCodes.includes(error.code ?? '')) return { pid: undefined }
    throw error
  } finally {
    close(fd)
  }
}
