import { readFileSync } from 'node:fs'
import { growDescriptorTable } from './descriptor-table.ts'

/** Descriptors that stay free for all else: the store, children, the sign-in page and new sockets. */
const reservedDescriptors = 64
/** How many times what is free one origin may hold: alone four fifths, and never all that is left. */
const holdingsPerFree = 4
/** With so many there may soon be all, and few programs have so many. */
const many = 32

/** Counts the descriptors that the connections of all sockets of the process take, in all and by origin: a uid, or what else is named. */
export class ConnectionBudget {
  readonly #limit: number
  readonly #heldBy = new Map<string | number, number>()
  #held = 0

  constructor(limit: number = freeDescriptors()) {
    this.#limit = limit
  }

  /** How many there may be in all. */
  get limit(): number {
    return this.#limit
  }

  /** How many there are in all. */
  get held(): number {
    return this.#held
  }

  /** Books a descriptor; false where there is no room for one more of this origin. */
  take(origin: string | number): boolean {
    const held = this.#heldBy.get(origin) ?? 0
    if (held >= holdingsPerFree * (this.#limit - this.#held)) return false
    if (++this.#held === many) growDescriptorTable(this.#limit)
    this.#heldBy.set(origin, held + 1)
    return true
  }

  /** Gives back what `take` booked. */
  release(origin: string | number): void {
    this.#held--
    const held = (this.#heldBy.get(origin) ?? 1) - 1
    if (held === 0) this.#heldBy.delete(origin)
    else this.#heldBy.set(origin, held)
  }
}

/** How many this process may have open, without those that stay free. */
export function freeDescriptors(): number {
  return descriptorLimit() - reservedDescriptors
}

/** The soft limit of open files, which Node raises to the hard one at its start. */
function descriptorLimit(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8')
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 1_024)
}
