import { giveBackMemory } from '../kernel/give-back-memory.ts'

const quietMs = 5_000
/** For less it is not worth a collection, which takes as much CPU as some logins. */
const worth = { changes: 200, bytes: 4 * 1024 * 1024 }
/** A heap may be so much larger than that of an idle daemon: beside 1,000 pairs a collection takes 30 ms. */
const heapBytes = 16 * 1024 * 1024

/**
 * Gives back what logins and mails took and nobody needs any more. 500 programs that had come and gone left a process
 * of 112 MiB on Node 24, and leave one of 71.
 */
export class QuietMoments {
  readonly #resident: () => number
  #residentBytes: number
  #changes = 0
  #isWaiting = false

  /** @param resident how much memory the process has, in bytes */
  constructor(resident = () => process.memoryUsage.rss()) {
    this.#resident = resident
    this.#residentBytes = resident()
  }

  /** Somebody has come, or is gone. */
  noteChange(): void {
    this.#changes += 1
    this.#wait()
  }

  #wait(): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    setTimeout(() => this.#look(), quietMs).unref()
  }

  #look(): void {
    this.#isWaiting = false
    const bytes = this.#resident()
    const isWorthIt = this.#changes >= worth.changes || bytes >= this.#residentBytes + worth.bytes
    if (!isWorthIt) {
      this.#residentBytes = Math.min(this.#residentBytes, bytes)
      return
    }
    this.#residentBytes = bytes
    this.#changes = 0
    giveBackMemory(heapBytes)
    // What is left then is what it grows from.
    this.#wait()
  }
}
