import { readFileSync } from 'node:fs'

/** Descriptors that stay free for the store, the renewer, the sign-in page and new sockets. */
const reservedDescriptors = 64
/** How many times what is free one uid may hold: alone four fifths, and never all that is left. */
const holdingsPerFree = 4

/** Counts the connections of all token sockets of the process, in all and by uid. */
export class ConnectionBudget {
  readonly #limit: number
  readonly #heldBy = new Map<number, number>()
  #held = 0

  constructor(limit: number = descriptorLimit() - reservedDescriptors) {
    this.#limit = limit
  }

  /** Books a connection; false where there is no room for one more of this uid. */
  take(uid: number): boolean {
    const held = this.#heldBy.get(uid) ?? 0
    if (held >= holdingsPerFree * (this.#limit - this.#held)) return false
    this.#held++
    this.#heldBy.set(uid, held + 1)
    return true
  }

  /** Gives back what `take` booked. */
  release(uid: number): void {
    this.#held--
    const held = (this.#heldBy.get(uid) ?? 1) - 1
    if (held === 0) this.#heldBy.delete(uid)
    else this.#heldBy.set(uid, held)
  }
}

/** The soft limit of open files, which Node raises to the hard one at its start. */
function descriptorLimit(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8')
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 1_024)
}
