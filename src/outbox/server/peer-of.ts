import type { IncomingMessage } from 'node:http'
import { RequestInvalidError } from '../../errors.ts'
import type { PeerCredentials } from '../../kernel/peer-credentials.ts'
import { peerOfSocket } from '../../kernel/peer-of-socket.ts'

/** Who asks. @throws RequestInvalidError where the kernel names nobody: there is no anonymous mail */
export function peerOf({ socket }: IncomingMessage): PeerCredentials {
  const peer = peerOfSocket(socket)
  if (peer === undefined) throw new RequestInvalidError('the connection is closed')
  return peer
}
