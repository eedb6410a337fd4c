import type { Socket } from 'node:net'

/** Tells work that is done for a client that the client is gone. */
export interface Departure {
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal
  /** Nobody waits any more: a signal takes memory that a connection of hours need not hold. */
  readonly forget: () => void
}

/** The departure of a socket's peer. */
export function departureOf(socket: Socket): Departure {
  const departure = new AbortController()
  const abort = () => departure.abort()
  if (socket.destroyed) abort()
  else socket.on('close', abort)
  return { signal: departure.signal, forget: () => void socket.off('close', abort) }
}
