import type { DeliveryOutcome, RefusedRecipient } from '../messages/sender-messages.ts'
import type { EntryHead } from '../spool/entry.ts'
import { keepForRest, removeEntry, type SpoolEntry } from './spool-entry.ts'

const beginningBytes = 2_048

/** Who of a message's recipients is done, on the disk as soon as it is known. */
export class Progress {
  readonly #spool: string
  readonly #refused: RefusedRecipient[] = []
  #entry: SpoolEntry
  #hasReached = false

  constructor(spool: string, entry: SpoolEntry) {
    this.#spool = spool
    this.#entry = entry
  }

  get head(): EntryHead {
    return this.#entry.head
  }

  get message(): Buffer {
    return this.#entry.message
  }

  /** From now on each recipient gets a message of its own. @throws NodeJS.ErrnoException */
  separate(): void {
    this.#keep({ ...this.head, alone: true })
  }

  /** These have it, and those never will; the entry is removed when nobody is left. */
  settle(reached: readonly string[], refused: readonly RefusedRecipient[]): void {
    this.#refused.push(...refused)
    if (reached.length > 0) this.#hasReached = true
    const done = new Set([...reached, ...refused.map(({ recipient }) => recipient)])
    const rcpt = this.head.rcpt.filter((recipient) => !done.has(recipient))
    // One that nobody has stays for whoever tells of it.
    if (rcpt.length === 0 && this.#hasReached) removeEntry(this.#spool, this.#entry)
    else if (rcpt.length > 0 && done.size > 0) this.#keep({ ...this.head, rcpt })
    this.#entry = { ...this.#entry, head: { ...this.head, rcpt } }
  }

  /** The outcome once nobody is left; `refusal` is what the last of them was refused by. */
  finished(hint: string): DeliveryOutcome {
    const refused = this.#refused
    if (this.#hasReached) {
      return { kind: 'delivered', refused, ...(refused.length > 0 && this.#beginning()) }
    }
    return { kind: 'refused', reason: refused.at(-1)?.reason ?? 'it has no recipients', hint }
  }

  /** The outcome where somebody is left; those that were refused before are told of now. */
  interrupted(outcome: DeliveryOutcome): DeliveryOutcome {
    if (outcome.kind !== 'later' || this.#refused.length === 0) return outcome
    return { ...outcome, refused: [...this.#refused] }
  }

  /** For whoever tells of it: the entry is gone. */
  #beginning(): { beginning: string } {
    return { beginning: this.message.toString('latin1', 0, beginningBytes) }
  }

  #keep(head: EntryHead): void {
    this.#entry = { ...this.#entry, head }
    keepForRest(this.#spool, this.#entry)
  }
}
