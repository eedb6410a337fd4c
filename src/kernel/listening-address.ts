import { libc } from './libc.ts'
import { plainAddress } from './plain-address.ts'
import { afInet, afInet6, afUnix, pathOffset } from './socket-address.ts'
import { sockStream, solSocket } from './socket-constants.ts'

const addressSize = 110
const soType = 3
const soAcceptconn = 30

const getsockname = libc.func(
  'int getsockname(int fd, _Out_ uint8_t *address, _Inout_ uint32_t *length)',
)
const getsockopt = libc.func(
  'int getsockopt(int fd, int level, int name, _Out_ int *value, _Inout_ uint32_t *length)',
)

/**
 * Where a stream socket listens; undefined for any other descriptor, and for an abstract name. An IPv4
 * address that is mapped into IPv6 is one of IPv4.
 */
export function listeningAddressOf(
  fd: number,
): { path: string } | { host: string; port: number } | undefined {
  if (optionOf(fd, soType) !== sockStream || optionOf(fd, soAcceptconn) !== 1) return undefined
  const address = Buffer.alloc(addressSize)
  const length = [addressSize]
  if (getsockname(fd, address, length) !== 0) return undefined
  switch (address.readUInt16LE(0)) {
    case afUnix:
      return pathIn(address.subarray(pathOffset, length[0]))
    case afInet:
      return { host: address.subarray(4, 8).join('.'), port: address.readUInt16BE(2) }
    case afInet6:
      return { host: hostIn(address.subarray(8, 24)), port: address.readUInt16BE(2) }
    default:
      return undefined
  }
}

function optionOf(fd: number, option: number): number | undefined {
  const value = [0]
  return getsockopt(fd, solSocket, option, value, [4]) === 0 ? value[0] : undefined
}

function pathIn(name: Buffer): { path: string } | undefined {
  if (name.length === 0 || name[0] === 0) return undefined
  const end = name.indexOf(0)
  return { path: name.toString('utf8', 0, end === -1 ? name.length : end) }
}

function hostIn(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  return plainAddress(groups.join(':'))
}
