/** How many are remembered: more than a machine sends in a month, in a megabyte. */
export const mostIds = 5_000

/**
 * What was accepted lately, by what names the handing over: whoever did not hear yes asks again, for ten seconds, and
 * after that with the next sendmail of the same user, which a weekly job calls in a week.
 */
export class AcceptedIds {
  readonly #ids = new Map<string, string>()

  /** Takes note of an entry, and drops the oldest where there are too many. */
  add(tag: string, id: string): void {
    this.#ids.delete(tag)
    this.#ids.set(tag, id)
    if (this.#ids.size <= mostIds) return
    const [oldest = ''] = this.#ids.keys()
    this.#ids.delete(oldest)
  }

  /** It was not accepted after all. */
  remove(tag: string): void {
    this.#ids.delete(tag)
  }

  /** The entry that was accepted for it. */
  find(tag: string): string | undefined {
    return this.#ids.get(tag)
  }
}
