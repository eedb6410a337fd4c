import type { DeliveryRoute } from '../../configuration/outbox-configuration.ts'

interface WayWatchOptions {
  /** Where the mail of an account goes now; undefined: nowhere any more. */
  routeOf: (account: string) => DeliveryRoute | undefined
  /** True where whatever answers there can be asked. Never rejects. */
  probe: (route: DeliveryRoute) => Promise<boolean>
  /** The way is open again: what waits for that is due. */
  onOpen: (account: string) => void
}

interface Watched {
  probes: number
  wasClosed: boolean
  timer: NodeJS.Timeout | undefined
}

const pausesMs = [1_000, 2_000, 5_000, 10_000, 20_000]
const longestPauseMs = 30_000

/**
 * Finds out when the network or a provider is back, while mail waits for that: pauses between tries grow to
 * an hour. A way that is open at the first probe was not what the delivery failed of: the pause holds.
 */
export class WayWatch {
  readonly #options: WayWatchOptions
  readonly #watched = new Map<string, Watched>()
  #isClosed = false

  constructor(options: WayWatchOptions) {
    this.#options = options
  }

  /** A delivery of the account failed on its way. */
  watch(account: string): void {
    if (this.#isClosed || this.#watched.has(account)) return
    const watched: Watched = { probes: 0, wasClosed: false, timer: undefined }
    this.#watched.set(account, watched)
    this.#wait(account, watched)
  }

  /** One has arrived, or failed of something else. */
  stop(account: string): void {
    clearTimeout(this.#watched.get(account)?.timer)
    this.#watched.delete(account)
  }

  /** Stops watching, for good: deliveries that end now are not watched. */
  close(): void {
    this.#isClosed = true
    for (const account of this.#watched.keys()) this.stop(account)
  }

  #wait(account: string, watched: Watched): void {
    const pauseMs = pausesMs[watched.probes] ?? longestPauseMs
    watched.probes += 1
    watched.timer = setTimeout(() => void this.#look(account, watched), pauseMs).unref()
  }

  async #look(account: string, watched: Watched): Promise<void> {
    const { routeOf, probe, onOpen } = this.#options
    const route = routeOf(account)
    if (route === undefined) return this.stop(account)
    const isOpen = await probe(route)
    if (this.#watched.get(account) !== watched) return
    if (!isOpen) {
      watched.wasClosed = true
      return this.#wait(account, watched)
    }
    this.stop(account)
    if (watched.wasClosed) onOpen(account)
  }
}
