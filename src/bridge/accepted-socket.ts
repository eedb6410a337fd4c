import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net'
import { descriptorOf } from '../kernel/descriptor-of.ts'
import { duplicateDescriptor } from '../kernel/duplicate-descriptor.ts'
import { copyOf, landingBuffer } from './read-buffers.ts'

/**
 * The connection that a `net.Server` accepted, in a socket that shares its memory for reading with
 * all others, as Node lets only a new one do. The given one, from which nobody may have read, is closed.
 * Undefined where it is gone, or there is no descriptor left.
 */
export function acceptedSocket(accepted: Socket): Socket | undefined {
  try {
    return sharedReader(duplicateDescriptor(descriptorOf(accepted) ?? -1))
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).errno !== 'number') throw error
    return undefined
  } finally {
    accepted.destroy()
  }
}

function sharedReader(fd: number): Socket {
  const onread: OnReadOpts = {
    buffer: landingBuffer,
    callback: (count, buffer) => socket.push(copyOf(buffer.subarray(0, count))),
  }
  const options: SocketConstructorOpts & { onread: OnReadOpts } = {
    fd,
    allowHalfOpen: true,
    onread,
  }
  const socket = new Socket(options)
  return socket
}
