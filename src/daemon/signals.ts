import { setTimeout as delay } from 'node:timers/promises'
import { isCmsOauthError } from '../errors.ts'
import type { Log } from '../logging/log.ts'

/** What the signals of a daemon do. */
interface Lifecycle {
  reload: () => Promise<unknown>
  /** Resolves when all is drained. */
  stop: () => Promise<void>
  log: Log
}

/** How long a start that was stopped by a signal may take to remove what it has made. */
const clearingLimitMs = 1_000

/**
 * SIGHUP reloads; the first SIGTERM or SIGINT drains and exits 0, a second one exits at once. Until the
 * daemon serves, a SIGHUP is kept and the others end the start. No SIGHUP is lost: one that comes
 * during a reload makes another one, which any number that come meanwhile share.
 */
class Signals {
  #lifecycle: Lifecycle | undefined
  #closeAll: () => Promise<void> = async () => {}
  #isReloadWanted = false
  #isReloading = false
  #isStopping = false

  constructor() {
    process.on('SIGTERM', this.#end)
    process.on('SIGINT', this.#end)
    process.on('SIGHUP', this.#hangUp)
  }

  /** True from the moment on that a signal ends the process. */
  get isStopping(): boolean {
    return this.#isStopping
  }

  /** Leaves the signals to Node: for what is not a daemon. */
  release(): void {
    process.off('SIGTERM', this.#end)
    process.off('SIGINT', this.#end)
    process.off('SIGHUP', this.#hangUp)
  }

  /** Registers what removes the leftovers of a start that fails. */
  clearAwayBy(closeAll: () => Promise<void>): void {
    this.#closeAll = closeAll
  }

  /** Removes them; gives up after a second. */
  async clearAway(): Promise<void> {
    await Promise.race([this.#closeAll(), delay(clearingLimitMs)])
  }

  /** From now on the daemon serves; does what a kept SIGHUP requires. */
  serve(lifecycle: Lifecycle): void {
    this.#lifecycle = lifecycle
    void this.#reload()
  }

  readonly #hangUp = (): void => {
    this.#isReloadWanted = true
    void this.#reload()
  }

  readonly #end = (signal: NodeJS.Signals): void => {
    if (this.#isStopping) process.exit(0)
    this.#isStopping = true
    this.#lifecycle?.log.info('daemon.stopping', { signal })
    void (this.#lifecycle?.stop() ?? this.clearAway()).then(() => process.exit(0))
  }

  async #reload(): Promise<void> {
    if (this.#lifecycle === undefined || this.#isReloading) return
    this.#isReloading = true
    while (this.#isReloadWanted && !this.#isStopping) {
      this.#isReloadWanted = false
      try {
        await this.#lifecycle.reload()
      } catch (error) {
        // A refused file is logged by the broker, and the old configuration holds.
        if (!isCmsOauthError(error)) throw error
      }
    }
    this.#isReloading = false
  }
}

/**
 * The daemon's signals. Imported first of all but debugger-signal.ts: the modules that come after it
 * take long enough to be hit.
 */
export const signals = new Signals()
