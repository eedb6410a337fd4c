import type { Socket } from 'node:net'
import { descriptorOf } from './descriptor-of.ts'
import { type PeerCredentials, peerCredentials } from './peer-credentials.ts'

/** Who is at the other end of a UNIX socket; undefined where it is closed, or was gone before it was asked. */
export function peerOfSocket(socket: Socket): PeerCredentials | undefined {
  const fd = descriptorOf(socket)
  try {
    return fd === undefined ? undefined : peerCredentials(fd)
  } catch {
    return undefined
  }
}
