/** How many are remembered of what is gone: more than a machine sends in a month, in a megabyte. */
export const mostIds = 5_000
/** With each that is added so many are checked again of those that were queued when they were last checked. */
const lookedAtAgain = 2

interface Accepted {
  id: string
  /** The digest that has held it since, or itself. */
  keeper: string
}

/**
 * What was accepted lately, by what names the handing over: whoever did not hear yes asks again, for ten seconds, and
 * after that with the next sendmail of the same user, which a weekly job calls in a week. What is still in the queue is
 * not forgotten, however many came after it: it would be sent twice. Each that is added takes the same time, however
 * many are known.
 */
export class AcceptedIds {
  /** The oldest first. */
  readonly #recent = new Map<string, Accepted>()
  /** Older ones that were still queued when there were too many. */
  readonly #queued = new Map<string, Accepted>()
  #turn = this.#queued.entries()
  readonly #isQueued: (id: string) => boolean

  /** @param isQueued whether an entry waits, or was abandoned */
  constructor(isQueued: (id: string) => boolean) {
    this.#isQueued = isQueued
  }

  /** Takes note of an entry, and drops the oldest that is gone where there are too many. */
  add(tag: string, id: string, keeper = id): void {
    this.remove(tag)
    this.#recent.set(tag, { id, keeper })
    for (let count = 0; count < lookedAtAgain && this.#queued.size > 0; count++) this.#lookAgain()
    while (this.#recent.size > mostIds) this.#dropOldest()
  }

  /** It was not accepted after all. */
  remove(tag: string): void {
    this.#recent.delete(tag)
    this.#queued.delete(tag)
  }

  /** The entry that was accepted for it. */
  find(tag: string): string | undefined {
    return this.#of(tag)?.id
  }

  /** What that entry is in the queue as: a digest, or itself. */
  keeperOf(tag: string): string | undefined {
    return this.#of(tag)?.keeper
  }

  #of(tag: string): Accepted | undefined {
    return this.#recent.get(tag) ?? this.#queued.get(tag)
  }

  #dropOldest(): void {
    for (const [tag, accepted] of this.#recent) {
      this.#recent.delete(tag)
      if (this.#isInQueue(accepted)) this.#queued.set(tag, accepted)
      return
    }
  }

  /** One that is gone by now counts as recent. */
  #lookAgain(): void {
    const { done, value } = this.#turn.next()
    if (done === true) {
      this.#turn = this.#queued.entries()
      return
    }
    const [tag, accepted] = value
    if (this.#isInQueue(accepted)) return
    this.#queued.delete(tag)
    this.#recent.set(tag, accepted)
  }

  #isInQueue({ id, keeper }: Accepted): boolean {
    return this.#isQueued(id) || this.#isQueued(keeper)
  }
}
