/** A pause of this process costs at most one tick of this many. */
const ticks = 20

/**
 * Calls back once the process has run for so long. It counts short ticks and reads no clock: after a
 * pause (SIGSTOP, a frozen cgroup, a suspended machine) Node runs what is due before it reads its
 * sockets, so that a plain timer would throw away an answer that is there. Returns what ends it.
 */
export function afterRunning(durationMs: number, callback: () => void): () => void {
  let left = ticks
  const timer = setInterval(() => {
    left -= 1
    if (left !== 0) return
    clearInterval(timer)
    callback()
  }, durationMs / ticks)
  return () => clearInterval(timer)
}
