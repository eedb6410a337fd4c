import { libc } from './libc.ts'
import { msgDontwait } from './socket-constants.ts'

const msgPeek = 0x2

const receive = libc.func('long recv(int fd, void *bytes, size_t length, int flags)')

/** Copies the first bytes that wait at a socket, which stay there; how many they are. */
export function peek(fd: number, into: Buffer): number {
  const length = Number(receive(fd, into, into.length, msgPeek | msgDontwait))
  return Math.max(0, length)
}
