import type { Socket } from 'node:net'
import { ClientGoneError, ClientSilentError } from './client-lines.ts'

/**
 * Sends a reply; resolves once so much of it was taken that more may follow, so that memory does not grow
 * for a client that asks and never reads.
 * @throws ClientSilentError where it does not read in time; ClientGoneError
 */
export async function sendReply(client: Socket, reply: string, waitMs: number): Promise<void> {
  if (client.write(reply, 'latin1')) return
  if (client.destroyed) throw new ClientGoneError()
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: Error) => {
      clearTimeout(timer)
      client.off('drain', onDrain).off('close', onClose)
      if (error === undefined) resolve()
      else reject(error)
    }
    const timer = setTimeout(() => settle(new ClientSilentError()), waitMs)
    const onDrain = () => settle()
    const onClose = () => settle(new ClientGoneError())
    client.on('drain', onDrain).on('close', onClose)
  })
}
