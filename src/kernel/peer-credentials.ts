import { libc, systemError } from './libc.ts'

/** Who is at the other end of a UNIX socket, as the kernel saw it at connect (unix(7)). */
export interface PeerCredentials {
  pid: number
  uid: number
  gid: number
}

const solSocket = 1
const soPeercred = 17
const structSize = 12

const getsockopt = libc.func(
  'int getsockopt(int fd, int level, int name, _Out_ uint8_t *value, _Inout_ uint32_t *length)',
)

/** The peer of a connected UNIX socket. @throws NodeJS.ErrnoException for any other descriptor */
export function peerCredentials(fd: number): PeerCredentials {
  const value = Buffer.alloc(structSize)
  if (getsockopt(fd, solSocket, soPeercred, value, [structSize]) !== 0)
    throw systemError('getsockopt')
  return { pid: value.readInt32LE(0), uid: value.readUInt32LE(4), gid: value.readUInt32LE(8) }
}
