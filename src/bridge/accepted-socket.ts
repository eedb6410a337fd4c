import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net'
import { isSystemError } from '../files/system-error.ts'
import { descriptorOf } from '../kernel/descriptor-of.ts'
import { duplicateDescriptor } from '../kernel/duplicate-descriptor.ts'
import { BlockReader } from './block-reader.ts'

/**
 * The connection that a `net.Server` accepted, in a socket that is read by a BlockReader: only a new socket
 * can be. The given one, from which nobody may have read, is closed. Undefined where the client is gone, or
 * no descriptor is left.
 */
export function acceptedSocket(accepted: Socket): Socket | undefined {
  try {
    return readInBlocks(duplicateDescriptor(descriptorOf(accepted) ?? -1))
  } catch (error) {
    if (!isSystemError(error)) throw error
    return undefined
  } finally {
    accepted.destroy()
  }
}

function readInBlocks(fd: number): Socket {
  const reader = BlockReader.forPlain()
  const options: SocketConstructorOpts & { onread: OnReadOpts } = {
    fd,
    allowHalfOpen: true,
    onread: reader.onread,
  }
  const socket = new Socket(options)
  reader.attach(socket)
  return socket
}
