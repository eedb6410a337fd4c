import { libc } from './libc.ts'

const msgPeek = 0x2
const msgDontwait = 0x40

const receive = libc.func('long recv(int fd, void *bytes, size_t length, int flags)')

/** The first bytes that wait at a socket, which stay there; none where there are none. */
export function peek(fd: number, into: Buffer): Buffer {
  const length = Number(receive(fd, into, into.length, msgPeek | msgDontwait))
  return into.subarray(0, Math.max(0, length))
}
