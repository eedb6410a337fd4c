import type { ConnectionBudget } from '../kernel/connection-budget.ts'
import type { Newcomers } from './newcomers.ts'

interface BookingOptions {
  budget: Pick<ConnectionBudget, 'take' | 'release'>
  newcomers: Newcomers
  /** Whom the connection is counted for. */
  origin: string
  /** Closes the connection, for another newcomer. */
  turnAway: () => void
}

/**
 * The descriptors that one connection is counted with: one from the beginning, and a second for the
 * connection to the mail server. Where there is no room, the oldest newcomer of the same origin gives way.
 */
export class Booking {
  readonly #options: BookingOptions
  #held = 0
  #isEnded = false
  /** While it is a newcomer. */
  #leaveNewcomers: (() => void) | undefined

  /** Holds nothing before `begin`. */
  constructor(options: BookingOptions) {
    this.#options = options
  }

  /** Counts a new connection, which may have to give way. False where there is no room. */
  begin(): boolean {
    if (!this.#take()) return false
    this.#join()
    return true
  }

  /**
   * Counts the connection to the mail server. Whoever logs in gives way to nobody. False where all
   * descriptors are taken.
   */
  beginLogin(): boolean {
    // A client that is gone cannot log in.
    if (this.#isEnded) return true
    this.#leave()
    if (this.#take()) return true
    this.#join()
    return false
  }

  /** The login has failed: it is a newcomer again, the latest. */
  abandonLogin(): void {
    if (this.#held > 1) this.#release()
    if (!this.#isEnded) this.#join()
  }

  /** The connection is closed. */
  end(): void {
    this.#isEnded = true
    this.#leave()
    while (this.#held > 0) this.#release()
  }

  #take(): boolean {
    const { budget, newcomers, origin } = this.#options
    if (!budget.take(origin) && !newcomers.closeOldest(origin)) return false
    this.#held += 1
    return true
  }

  #release(): void {
    const { budget, origin } = this.#options
    this.#held -= 1
    budget.release(origin)
  }

  #leave(): void {
    this.#leaveNewcomers?.()
    this.#leaveNewcomers = undefined
  }

  #join(): void {
    const { newcomers, origin, turnAway } = this.#options
    this.#leaveNewcomers = newcomers.add(origin, () => {
      this.#leave()
      // The one that it gives way to has the place at once, before the kernel has closed this connection.
      this.#held -= 1
      turnAway()
    })
  }
}
