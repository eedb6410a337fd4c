/** How many are remembered of what is gone: more than a machine sends in a month, in a megabyte. */
export const mostIds = 5_000
/** How many that are still queued it steps over to find one that is gone. */
const mostPassed = 100

interface Accepted {
  id: string
  /** The digest that has held it since, or itself. */
  keeper: string
}

/**
 * What was accepted lately, by what names the handing over: whoever did not hear yes asks again, for ten seconds, and
 * after that with the next sendmail of the same user, which a weekly job calls in a week. What is still in the queue is
 * not forgotten, however many came after it: it would be sent twice.
 */
export class AcceptedIds {
  readonly #accepted = new Map<string, Accepted>()
  readonly #isQueued: (id: string) => boolean

  /** @param isQueued whether an entry waits, or was abandoned */
  constructor(isQueued: (id: string) => boolean) {
    this.#isQueued = isQueued
  }

  /** Takes note of an entry, and drops the oldest that are gone where there are too many. */
  add(tag: string, id: string, keeper = id): void {
    this.#accepted.delete(tag)
    this.#accepted.set(tag, { id, keeper })
    for (let passed = 0; this.#accepted.size > mostIds && passed < mostPassed;) {
      const [[oldest, accepted] = [tag, { id, keeper }]] = this.#accepted
      this.#accepted.delete(oldest)
      if (!this.#isQueued(accepted.id) && !this.#isQueued(accepted.keeper)) continue
      this.#accepted.set(oldest, accepted)
      passed += 1
    }
  }

  /** It was not accepted after all. */
  remove(tag: string): void {
    this.#accepted.delete(tag)
  }

  /** The entry that was accepted for it. */
  find(tag: string): string | undefined {
    return this.#accepted.get(tag)?.id
  }
}
