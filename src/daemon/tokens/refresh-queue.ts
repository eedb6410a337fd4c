import { FirstInFirstOut } from './first-in-first-out.ts'
import { refreshesPerIssuer } from './refresh-policy.ts'

interface Entry {
  start: () => Promise<void>
  isAwaited: () => boolean
  hasStarted: boolean
  isHurried: boolean
}

/** Those of one issuer that wait. */
interface Line {
  /** In the order in which they came. */
  all: FirstInFirstOut<Entry>
  /** Those of them that somebody waits for, or did, in the order in which that began. */
  hurried: FirstInFirstOut<Entry>
}

/**
 * Runs refreshes at most eight at a time per issuer; among those that wait, one that a client waits
 * for goes first, otherwise first come, first served.
 */
export class RefreshQueue {
  readonly #waiting = new Map<string, Line>()
  readonly #running = new Map<string, number>()

  /**
   * Runs `start`, now or when the issuer has room; `start` must not reject. Call what comes back when
   * somebody begins to wait: it goes first then, if `isAwaited` says so when there is room.
   */
  add(issuer: string, start: () => Promise<void>, isAwaited: () => boolean): () => void {
    const entry: Entry = { start, isAwaited, hasStarted: false, isHurried: false }
    const line = this.#waiting.get(issuer) ?? createLine()
    line.all.put(entry)
    this.#waiting.set(issuer, line)
    const hurry = () => {
      if (entry.hasStarted || entry.isHurried) return
      entry.isHurried = true
      line.hurried.put(entry)
    }
    if (isAwaited()) hurry()
    this.#fill(issuer)
    return hurry
  }

  #fill(issuer: string): void {
    const line = this.#waiting.get(issuer)
    if (line === undefined) return
    for (;;) {
      const running = this.#running.get(issuer) ?? 0
      if (running >= refreshesPerIssuer) return
      const entry = takeNext(line)
      if (entry === undefined) break
      this.#running.set(issuer, running + 1)
      void this.#run(issuer, entry)
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

function createLine(): Line {
  return { all: new FirstInFirstOut(), hurried: new FirstInFirstOut() }
}

/** One that is in both lists is dropped from the second when its turn comes there: no list is searched. */
function takeNext({ all, hurried }: Line): Entry | undefined {
  let entry = takeFirst(hurried, (next) => {
    next.isHurried = false
    return next.isAwaited()
  })
  entry ??= takeFirst(all, () => true)
  if (entry !== undefined) entry.hasStarted = true
  return entry
}

function takeFirst(
  entries: FirstInFirstOut<Entry>,
  isWanted: (entry: Entry) => boolean,
): Entry | undefined {
  for (let entry = entries.take(); entry !== undefined; entry = entries.take()) {
    if (!entry.hasStarted && isWanted(entry)) return entry
  }
  return undefined
}
