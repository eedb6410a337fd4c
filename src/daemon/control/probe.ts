import { connect } from 'node:net'
import { DaemonUnreachableError } from '../../errors.ts'

/**
 * Resolves once the control socket has taken a connection and, as nothing was asked, closed it. Not
 * by a request, which would load Node's HTTP server into the daemon for good.
 * @throws DaemonUnreachableError
 */
export function probeControlSocket(path: string, limitMs = 10_000): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.end())
    socket.setTimeout(limitMs, () => socket.destroy(new Error('no answer in time')))
    socket.once('error', ({ message }) => {
      const text = `the control socket "${path}" does not answer: ${message}`
      reject(new DaemonUnreachableError(text))
    })
    socket.resume().once('end', resolve)
  })
}
