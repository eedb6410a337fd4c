import type { Socket } from 'node:net'

interface CloseLimits {
  /** So long may the peer take to read what was written. */
  readMs: number
  /** Once all is written it is closed when nothing has come for so long ... */
  silentMs: number
  /** ... and after so long in any case. */
  mostMs: number
}

/**
 * Closes a socket once its peer can have read all that was written, however much the peer goes on to
 * say: to close with unread input has TCP drop what is still on its way (RFC 1122, 4.2.2.13), so that
 * input is read and dropped. At a UNIX socket nothing is on its way, and who talks through `nc -U`
 * does not notice that one side is closed: there it is closed at once.
 */
export function closeAfterWords(socket: Socket, { readMs, silentMs, mostMs }: CloseLimits): void {
  const destroy = () => socket.destroy()
  socket.setTimeout(readMs, destroy).resume()
  if (socket.remoteAddress === undefined) return socket.destroySoon()
  socket.end(() => {
    if (socket.destroyed) return
    socket.setTimeout(silentMs)
    const timer = setTimeout(destroy, mostMs)
    socket.once('close', () => clearTimeout(timer))
  })
}
