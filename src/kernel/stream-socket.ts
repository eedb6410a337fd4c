/**
 * A connection to a UNIX socket by system calls alone: node:net and its streams take a sixth of the time in which a
 * client starts, this a fortieth. The descriptors never block.
 */
import { closeSync } from 'node:fs'
import { libc, systemError } from './libc.ts'
import { afUnix, socketAddress } from './socket-address.ts'
import { sockCloexec, sockNonblock, sockStream } from './socket-constants.ts'

const shutWr = 1
const pollIn = 1
const pollOut = 4

const openSocket = libc.func('int socket(int family, int type, int protocol)')
const connect = libc.func('int connect(int fd, const uint8_t *address, uint32_t length)')
const shutdown = libc.func('int shutdown(int fd, int how)')
const poll = libc.func('int poll(void *descriptors, unsigned long count, int timeoutMs)')

/**
 * The descriptor of a connection to the socket at a path.
 * @throws NodeJS.ErrnoException of connect(2): EAGAIN where as many wait to be accepted as may
 */
export function connectTo(path: string): number {
  const fd = openSocket(afUnix, sockStream | sockNonblock | sockCloexec, 0) as number
  if (fd === -1) throw systemError('socket')
  const address = socketAddress(Buffer.from(path))
  if (connect(fd, address, address.length) === 0) return fd
  const error = systemError('connect')
  closeSync(fd)
  throw error
}

/** Tells the other side that nothing more is sent. */
export function endSending(fd: number): void {
  shutdown(fd, shutWr)
}

/** What can be done with a connection; neither, where nothing happened for as long as was waited. */
export interface Ready {
  /** There is something to read, or the other side has ended. */
  canRead: boolean
  canWrite: boolean
}

/** Waits until a connection can be read or, where that is asked too, written: for so many ms, or until a signal. */
export function waitFor(fd: number, asksToWrite: boolean, limitMs: number): Ready {
  // struct pollfd: the descriptor in 32 bits, then what is asked of it and what is answered in 16 each.
  const descriptor = new Int32Array([fd, 0])
  const events = new Int16Array(descriptor.buffer)
  events[2] = asksToWrite ? pollIn | pollOut : pollIn
  const isReady = poll(descriptor, 1, limitMs) === 1
  const [, , , answered = 0] = events
  // An error or an end is told without being asked for: reading says which.
  const canRead = isReady && (answered & ~pollOut) !== 0
  return { canRead, canWrite: isReady && (answered & pollOut) !== 0 }
}
