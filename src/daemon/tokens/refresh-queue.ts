import { refreshesPerIssuer } from './refresh-policy.ts'

interface Entry {
  start: () => Promise<void>
  isAwaited: () => boolean
}

/**
 * Runs refreshes at most eight at a time per issuer; among those that wait, one that a client waits
 * for goes first, otherwise first come, first served.
 */
export class RefreshQueue {
  readonly #waiting = new Map<string, Entry[]>()
  readonly #running = new Map<string, number>()

  /** Runs `start`, now or when the issuer has room; `start` must not reject. */
  add(issuer: string, start: () => Promise<void>, isAwaited: () => boolean): void {
    const entries = this.#waiting.get(issuer) ?? []
    entries.push({ start, isAwaited })
    this.#waiting.set(issuer, entries)
    this.#fill(issuer)
  }

  #fill(issuer: string): void {
    const entries = this.#waiting.get(issuer)
    if (entries === undefined) return
    while (entries.length > 0) {
      const running = this.#running.get(issuer) ?? 0
      if (running >= refreshesPerIssuer) return
      this.#running.set(issuer, running + 1)
      void this.#run(issuer, takeNext(entries))
    }
    this.#waiting.delete(issuer)
  }

  async #run(issuer: string, entry: Entry): Promise<void> {
    try {
      await entry.start()
    } finally {
      const running = (this.#running.get(issuer) ?? 1) - 1
      if (running === 0) this.#running.delete(issuer)
      else this.#running.set(issuer, running)
      this.#fill(issuer)
    }
  }
}

function takeNext(entries: Entry[]): Entry {
  const awaited = entries.findIndex((entry) => entry.isAwaited())
  return entries.splice(Math.max(awaited, 0), 1)[0] as Entry
}
