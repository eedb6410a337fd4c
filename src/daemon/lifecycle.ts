import { isCmsOauthError } from '../errors.ts'
import type { Log } from '../logging/log.ts'

/** What the signals of a daemon do. */
interface Lifecycle {
  reload: () => Promise<unknown>
  /** Resolves when all is drained. */
  stop: () => Promise<void>
  log: Log
}

/** SIGHUP reloads; the first SIGTERM or SIGINT drains and exits 0, a second one exits at once. */
export function handleSignals({ reload, stop, log }: Lifecycle): void {
  let isStopping = false
  const end = (signal: NodeJS.Signals) => {
    if (isStopping) process.exit(0)
    isStopping = true
    log.info('daemon.stopping', { signal })
    void stop().then(() => process.exit(0))
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  process.on('SIGHUP', () => {
    // A refused file is logged by the broker, and the old configuration holds.
    reload().catch((error: unknown) => {
      if (!isCmsOauthError(error)) throw error
    })
  })
}
