/** How long a full queue is waited for. */
export interface Patience {
  /** For how long it is tried at most, in ms. */
  limitMs?: number | undefined
  signal?: AbortSignal | undefined
}

/** Longer than a full queue takes. */
const fullLimitMs = 5_000
const pauseMs = 20

/**
 * What `connect` gives. Where as many wait to be accepted as may (EAGAIN), it is tried again for 5 s, as a
 * blocking connect(2) waits: nothing has been sent yet.
 * @throws NodeJS.ErrnoException of connect(2): EAGAIN at the limit, or when `signal` is aborted
 */
export async function whileFull<T>(
  connect: () => T | Promise<T>,
  { limitMs = fullLimitMs, signal }: Patience = {},
): Promise<T> {
  // As performance.now(), whose first use loads ten modules more.
  const until = process.uptime() * 1_000 + Math.min(limitMs, fullLimitMs)
  for (;;) {
    try {
      return await connect()
    } catch (error) {
      const isFull = (error as NodeJS.ErrnoException).code === 'EAGAIN'
      const isOver = signal?.aborted === true || process.uptime() * 1_000 > until
      if (!isFull || isOver) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
