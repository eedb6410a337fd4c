import { DaemonUnreachableError } from '../../errors.ts'
import { openConnection } from '../../socket-client/open-connection.ts'

/**
 * Resolves once the control socket has taken a connection and, as nothing was asked, closed it. Not
 * by a request, which would load Node's HTTP server into the daemon for good.
 * @throws DaemonUnreachableError
 */
export async function probeControlSocket(path: string, limitMs = 10_000): Promise<void> {
  try {
    const socket = await openConnection(path)
    await new Promise<void>((resolve, reject) => {
      socket.setTimeout(limitMs, () => socket.destroy(new Error('no answer in time')))
      socket.once('error', reject).once('end', resolve)
      socket.resume().end()
    })
  } catch (error) {
    const { message } = error as Error
    throw new DaemonUnreachableError(`the control socket "${path}" does not answer: ${message}`)
  }
}
