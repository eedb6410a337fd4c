import { connect, type Socket } from 'node:net'

interface ConnectionOptions {
  /** For how long it is tried at most, in ms. */
  limitMs?: number
  signal?: AbortSignal | undefined
}

/** Longer than a full queue takes. */
const fullLimitMs = 5_000
const pauseMs = 20

/**
 * A connection to a UNIX socket. Where as many wait as may (EAGAIN), it is tried again for 5 s, as a
 * blocking connect(2) waits: nothing has been sent yet.
 * @throws NodeJS.ErrnoException of connect(2): EAGAIN at the limit, or when `signal` is aborted
 */
export async function openConnection(
  path: string,
  { limitMs = fullLimitMs, signal }: ConnectionOptions = {},
): Promise<Socket> {
  // As performance.now(), whose first use loads ten modules more.
  const until = process.uptime() * 1_000 + Math.min(limitMs, fullLimitMs)
  for (;;) {
    try {
      return await connectOnce(path)
    } catch (error) {
      const isFull = (error as NodeJS.ErrnoException).code === 'EAGAIN'
      const isOver = signal?.aborted === true || process.uptime() * 1_000 > until
      if (!isFull || isOver) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

/** The kernel answers at once, whether somebody accepts or not. */
function connectOnce(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('error', reject)
    socket.once('connect', () => resolve(socket.off('error', reject)))
  })
}
