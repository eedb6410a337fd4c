import { libc } from './libc.ts'
import { afUnix, pathOffset } from './socket-address.ts'

const addressSize = 110

const getsockname = libc.func(
  'int getsockname(int fd, _Out_ uint8_t *address, _Inout_ uint32_t *length)',
)

/** The path a UNIX socket is bound to; undefined for any other descriptor or an abstract name. */
export function socketPathOf(fd: number): string | undefined {
  const address = Buffer.alloc(addressSize)
  const length = [addressSize]
  if (getsockname(fd, address, length) !== 0) return undefined
  if (address.readUInt16LE(0) !== afUnix) return undefined
  const name = address.subarray(pathOffset, length[0])
  if (name.length === 0 || name[0] === 0) return undefined
  const end = name.indexOf(0)
  return name.toString('utf8', 0, end === -1 ? name.length : end)
}
