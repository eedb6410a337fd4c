import { giveBackMemory } from '../kernel/give-back-memory.ts'

const quietMs = 3_000
/** A moment is quiet if no more than so many clients come or go in it. */
const fewChanges = 6
/** Where it is never quiet, memory is given back after so many moments all the same. */
const mostMoments = 20
/** For less it is not worth a collection, which takes 70 to 120 ms of CPU: as much as 40 logins. */
const worth = { changes: 200, bytes: 4 * 1024 * 1024 }
/**
 * How much larger the heap may be than that of an idle daemon: beside 1,000 pairs a collection takes 30 ms.
 */
const heapBytes = 16 * 1024 * 1024

/**
 * Gives back what logins and mails took and nobody needs any more. 500 programs that had come and gone left a process
 * of 112 MiB on Node 24, and leave one of 71. It waits until they have gone: a collection for each 100 logins took a
 * quarter of their CPU.
 */
export class QuietMoments {
  readonly #resident: () => number
  #residentBytes: number
  #changes = 0
  /** What `#changes` was when the present moment began. */
  #changesBefore = 0
  #busyMoments = 0
  #isWaiting = false

  /** @param resident how much memory the process has, in bytes */
  constructor(resident = () => process.memoryUsage.rss()) {
    this.#resident = resident
    this.#residentBytes = resident()
  }

  /** A client has connected or left. */
  noteChange(): void {
    this.#changes += 1
    this.#wait()
  }

  #wait(): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    setTimeout(() => this.#endMoment(), quietMs).unref()
  }

  #endMoment(): void {
    this.#isWaiting = false
    const isBusy = this.#changes - this.#changesBefore > fewChanges
    this.#changesBefore = this.#changes
    this.#busyMoments += 1
    if (isBusy && this.#busyMoments < mostMoments) return this.#wait()
    this.#busyMoments = 0
    this.#look()
  }

  #look(): void {
    const bytes = this.#resident()
    const isWorthIt = this.#changes >= worth.changes || bytes >= this.#residentBytes + worth.bytes
    if (!isWorthIt) {
      this.#residentBytes = Math.min(this.#residentBytes, bytes)
      return
    }
    this.#residentBytes = bytes
    this.#changes = 0
    this.#changesBefore = 0
    giveBackMemory(heapBytes)
    // The next measurement shows what is left, and is what later growth is compared with.
    this.#wait()
  }
}
