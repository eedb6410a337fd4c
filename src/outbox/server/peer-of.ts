import type { IncomingMessage } from 'node:http'
import { RequestInvalidError } from '../../errors.ts'
import { type PeerCredentials, peerCredentials } from '../../kernel/peer-credentials.ts'

/** Who asks. @throws RequestInvalidError where the kernel names nobody: there is no anonymous mail */
export function peerOf({ socket }: IncomingMessage): PeerCredentials {
  const { _handle: handle } = socket as typeof socket & { _handle?: { fd: number } | null }
  if (handle) return peerCredentials(handle.fd)
  throw new RequestInvalidError('the connection is closed')
}
