import { isSystemError } from '../files/system-error.ts'
import type { DeliveryOutcome, RefusedRecipient } from '../messages/sender-messages.ts'
import type { EntryHead, SpoolEntry } from '../spool/entry.ts'
import { retireEntry } from '../spool/spool-folders.ts'
import {
  keepForRest,
  placeRest,
  prepareRest,
  removeRest,
  requireChangeable,
} from './spool-entry.ts'

/**
 * Who of a message's recipients is done, on the disk as soon as it is known. What a message leaves behind is on
 * the disk before it goes: where that fails it does not go, or it would go again with every try. Who is refused
 * stays in the entry until that is reported: an outcome that nobody hears of is asked for again.
 */
export class Progress {
  readonly #spool: string
  readonly #refused: RefusedRecipient[] = []
  #entry: SpoolEntry
  #left: SpoolEntry | undefined
  #hasReached = false
  #isUnrecorded = false

  /** @throws NodeJS.ErrnoException where the spool cannot be changed */
  constructor(spool: string, entry: SpoolEntry) {
    requireChangeable(spool)
    this.#spool = spool
    this.#entry = entry
  }

  get head(): EntryHead {
    return this.#entry.head
  }

  get message(): Buffer {
    return this.#entry.message
  }

  /** True where some have it, and the entry may still say that they do not. */
  get isUnrecorded(): boolean {
    return this.#isUnrecorded
  }

  /** From now on each recipient gets a message of its own. @throws NodeJS.ErrnoException */
  separate(): void {
    this.#keep({ ...this.head, alone: true })
  }

  /** The message is about to go to these. @throws NodeJS.ErrnoException: it must not */
  begin(recipients: readonly string[]): void {
    const rcpt = without(this.head.rcpt, recipients)
    this.#left = { ...this.#entry, head: { ...this.head, rcpt } }
    if (rcpt.length > 0) prepareRest(this.#spool, this.#left)
  }

  /** Those have it; the entry is removed when nobody is left. @throws NodeJS.ErrnoException */
  succeed(): void {
    if (this.#left === undefined) throw new TypeError('nothing has begun')
    this.#hasReached = true
    this.#isUnrecorded = true
    if (this.#left.head.rcpt.length === 0) retireEntry(this.#spool, this.head.id)
    else placeRest(this.#spool, this.#left)
    this.#isUnrecorded = false
    this.#entry = this.#left
    this.#left = undefined
  }

  /** These will never have it. */
  refuse(refused: readonly RefusedRecipient[]): void {
    this.#refused.push(...refused)
  }

  /** The outcome once everybody has it or was refused; `hint` is about the last of those. */
  finished(hint: string): DeliveryOutcome {
    const refused = this.#refused
    if (this.#hasReached) return { kind: 'delivered', refused }
    return { kind: 'refused', reason: refused.at(-1)?.reason ?? 'it has no recipients', hint }
  }

  /** The outcome where somebody is left; those that were refused before are told of now. */
  interrupted(outcome: DeliveryOutcome): DeliveryOutcome {
    if (outcome.kind !== 'later' || this.#refused.length === 0) return outcome
    const refused = this.#refused.map(({ recipient }) => recipient)
    try {
      this.#keep({ ...this.head, rcpt: without(this.head.rcpt, refused) })
    } catch (error) {
      if (!isSystemError(error)) throw error
      // They are asked for again, and told of then.
      return outcome
    }
    return { ...outcome, refused: [...this.#refused] }
  }

  /** Whatever it came to. */
  end(): void {
    if (this.#left !== undefined) removeRest(this.#spool, this.#left)
  }

  #keep(head: EntryHead): void {
    this.#entry = { ...this.#entry, head }
    keepForRest(this.#spool, this.#entry)
  }
}

function without(recipients: readonly string[], others: readonly string[]): string[] {
  const done = new Set(others)
  return recipients.filter((recipient) => !done.has(recipient))
}
