import { ProviderUnavailableError } from '../errors.ts'

/** Thrown where all connections are in use that the limit allows. */
export class NoPlaceError extends ProviderUnavailableError {}

interface Want {
  limit: number
  waitMs: number
  /** Aborts when nobody waits any more. */
  signal?: AbortSignal
}

interface Waiting {
  limit: number
  take: () => void
}

/** The connections to mail servers that are allowed at a time, per account and protocol. */
export class Places {
  readonly #taken = new Map<string, number>()
  readonly #waiting = new Map<string, Waiting[]>()
  readonly #onChange: (taken: ReadonlyMap<string, number>) => void
  #elsewhere: ReadonlyMap<string, number> = new Map()

  /** @param onChange is told how many are taken by each key */
  constructor(onChange: (taken: ReadonlyMap<string, number>) => void = () => {}) {
    this.#onChange = onChange
  }

  /** Those that other processes have taken count too. */
  setElsewhere(elsewhere: ReadonlyMap<string, number>): void {
    this.#elsewhere = elsewhere
    for (const key of this.#waiting.keys()) this.#letIn(key)
  }

  /** Takes one if it is free; the function that gives it back may be called more than once. */
  tryTake(key: string, limit: number): (() => void) | undefined {
    const taken = this.#taken.get(key) ?? 0
    if (taken + (this.#elsewhere.get(key) ?? 0) >= limit) return undefined
    this.#taken.set(key, taken + 1)
    this.#onChange(this.#taken)
    let isTaken = true
    return () => {
      if (isTaken) this.#giveBack(key)
      isTaken = false
    }
  }

  /** Takes one, or waits for it in turn. @throws NoPlaceError where none gets free in time */
  async take(key: string, { limit, waitMs, signal }: Want): Promise<() => void> {
    if (signal?.aborted === true) throw noneFree(limit)
    const release = this.#waiting.has(key) ? undefined : this.tryTake(key, limit)
    if (release !== undefined) return release
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', giveUp)
        this.#leave(key, waiting)
      }
      const giveUp = () => {
        leave()
        reject(noneFree(limit))
      }
      const waiting = {
        limit,
        take: () => {
          const taken = this.tryTake(key, limit)
          if (taken === undefined) return
          leave()
          resolve(taken)
        },
      }
      const timer = setTimeout(giveUp, waitMs)
      signal?.addEventListener('abort', giveUp)
      this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), waiting])
    })
  }

  #giveBack(key: string): void {
    const taken = (this.#taken.get(key) ?? 1) - 1
    if (taken === 0) this.#taken.delete(key)
    else this.#taken.set(key, taken)
    this.#letIn(key)
    this.#onChange(this.#taken)
  }

  /** Lets in those who wait, in turn, while there are places. */
  #letIn(key: string): void {
    for (;;) {
      const first = this.#waiting.get(key)?.[0]
      if (first === undefined) return
      first.take()
      if (this.#waiting.get(key)?.[0] === first) return
    }
  }

  #leave(key: string, gone: Waiting): void {
    const rest = (this.#waiting.get(key) ?? []).filter((each) => each !== gone)
    if (rest.length === 0) this.#waiting.delete(key)
    else this.#waiting.set(key, rest)
  }
}

function noneFree(limit: number): NoPlaceError {
  return new NoPlaceError(
    `all ${limit} connections to the mail server are in use: this is the limit "connections"`,
    { hint: 'try again later' },
  )
}
