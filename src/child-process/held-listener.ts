import { once } from 'node:events'
import { closeSync } from 'node:fs'
import type { Server } from 'node:net'
import { descriptorOf } from '../kernel/descriptor-of.ts'
import { duplicateDescriptor } from '../kernel/duplicate-descriptor.ts'

/** A socket that children listen on, each in its turn, and that this process keeps open. */
export interface HeldListener {
  /** For ChildProgram.descriptors. */
  fd: number
  /** Nobody can connect any more, once no child listens. */
  close: () => void
}

/**
 * Takes the socket that a server has just begun to listen on (in its `listening` event, so that it
 * cannot have accepted anything), and closes the server. What connects waits in the kernel until a
 * child accepts it.
 */
export async function holdListener(server: Server): Promise<HeldListener> {
  const fd = duplicateDescriptor(descriptorOf(server) ?? -1)
  const closed = once(server, 'close')
  server.close()
  await closed
  return { fd, close: () => closeSync(fd) }
}
