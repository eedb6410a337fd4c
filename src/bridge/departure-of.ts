import type { Socket } from 'node:net'

/** A signal that aborts when the socket is closed; made when it is asked for, since few need one. */
export function departureOf(socket: Socket): () => AbortSignal {
  let departure: AbortController | undefined
  return () => {
    if (socket.destroyed) return AbortSignal.abort()
    if (departure === undefined) {
      const made = new AbortController()
      departure = made
      socket.once('close', () => made.abort())
    }
    return departure.signal
  }
}
