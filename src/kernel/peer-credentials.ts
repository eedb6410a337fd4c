import { libc, systemError } from './libc.ts'

/** Who is at the other end of a UNIX socket, as the kernel saw it at connect (unix(7)). */
export interface PeerCredentials {
  pid: number
  uid: number
  gid: number
}

const solSocket = 1
const soPeercred = 17
const soPeergroups = 59

const getsockopt = libc.func(
  'int getsockopt(int fd, int level, int name, void *value, void *length)',
)
/** struct ucred and its size, made once: what koffi converts for each call cost as much as the call. */
const credentials = new Uint32Array(3)
const length = new Uint32Array(1)
/** Grows with who has more. */
let groups = new Uint32Array(64)

/** The peer of a connected UNIX socket. @throws NodeJS.ErrnoException for any other descriptor */
export function peerCredentials(fd: number): PeerCredentials {
  length[0] = credentials.byteLength
  if (getsockopt(fd, solSocket, soPeercred, credentials, length) !== 0) {
    throw systemError('getsockopt')
  }
  const [pid = 0, uid = 0, gid = 0] = credentials
  return { pid, uid, gid }
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
