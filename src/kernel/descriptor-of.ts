import type { Server, Socket } from 'node:net'

/** The descriptor of a socket or a server, which Node does not tell; undefined for one that is closed. */
export function descriptorOf(owner: Socket | Server): number | undefined {
  const { _handle: handle } = owner as { _handle?: { fd: number } | null }
  return handle?.fd
}
