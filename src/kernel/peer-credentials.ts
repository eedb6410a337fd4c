import { closeSync } from 'node:fs'
import { koffi } from './koffi.ts'
import { libc, systemError } from './libc.ts'
import { solSocket } from './socket-constants.ts'

/** Who is at the other end of a UNIX socket, as the kernel saw it at connect (unix(7)). */
export interface PeerCredentials {
  pid: number
  uid: number
  gid: number
}

const soPeercred = 17
const soPeergroups = 59
const soPeerpidfd = 77
const pidfdSendSignal = 424

const getsockopt = libc.func(
  'int getsockopt(int fd, int level, int name, void *value, void *length)',
)
const syscall = libc.func('long syscall(long number, ...)')
/** struct ucred and its size, made once: what koffi converts for each call cost as much as the call. */
const credentials = new Uint32Array(3)
const length = new Uint32Array(1)
const pidfd = new Int32Array(1)
/** Grows with who has more. */
let groups = new Uint32Array(64)

/** The peer of a connected UNIX socket. @throws NodeJS.ErrnoException for any other descriptor */
export function peerCredentials(fd: number): PeerCredentials {
  return readPeerCredentials(fd, { pid: 0, uid: 0, gid: 0 })
}

/** The same, written into `peer`: for thousands a second that are not worth an object each. @throws as peerCredentials */
export function readPeerCredentials(fd: number, peer: PeerCredentials): PeerCredentials {
  length[0] = credentials.byteLength
  if (getsockopt(fd, solSocket, soPeercred, credentials, length) !== 0) {
    throw systemError('getsockopt')
  }
  peer.pid = credentials[0] ?? 0
  peer.uid = credentials[1] ?? 0
  peer.gid = credentials[2] ?? 0
  return peer
}

/**
 * The supplementary groups that the peer of a connected UNIX socket had when it connected: those of its
 * user that it has dropped are not among them. Undefined where the kernel tells none, as before Linux 4.13.
 * @throws NodeJS.ErrnoException for any other descriptor
 */
export function peerGroups(fd: number): number[] | undefined {
  for (;;) {
    length[0] = groups.byteLength
    const result = getsockopt(fd, solSocket, soPeergroups, groups, length) as number
    const count = (length[0] ?? 0) / groups.BYTES_PER_ELEMENT
    if (result === 0) return [...groups.subarray(0, count)]
    if (count <= groups.length) {
      const error = systemError('getsockopt')
      if (error.code === 'ENOPROTOOPT') return undefined
      throw error
    }
    groups = new Uint32Array(count)
  }
}

/**
 * False where the process that connected a UNIX socket is gone, though another may hold it, or have its
 * number. True where it runs, and where the kernel does not tell, as before Linux 6.5.
 */
export function isPeerThere(fd: number): boolean {
  length[0] = pidfd.byteLength
  const isOpen = getsockopt(fd, solSocket, soPeerpidfd, pidfd, length) === 0
  const [descriptor = -1] = pidfd
  // Of a process that has been waited for there is no descriptor.
  if (!isOpen) return koffi.errno() !== koffi.os.errno['ESRCH']
  try {
    const sent = Number(
      syscall(pidfdSendSignal, 'int', descriptor, 'int', 0, 'void *', null, 'uint32_t', 0),
    )
    return sent === 0 || koffi.errno() !== koffi.os.errno['ESRCH']
  } finally {
    closeSync(descriptor)
  }
}
