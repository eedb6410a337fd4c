import { runningMs } from '../../schedule/clock.ts'

/** For how long an id is remembered, in ms. */
export const lifetimeMs = 10 * 60_000

/** What was accepted lately, by what names the handing over: whoever did not hear yes asks again. */
export class AcceptedIds {
  readonly #ids = new Map<string, { id: string; at: number }>()

  /** Takes note of an entry, and drops those of long ago. */
  add(tag: string, id: string): void {
    const now = runningMs()
    this.#ids.delete(tag)
    this.#ids.set(tag, { id, at: now })
    for (const [old, { at }] of this.#ids) {
      if (at > now - lifetimeMs) return
      this.#ids.delete(old)
    }
  }

  /** It was not accepted after all. */
  remove(tag: string): void {
    this.#ids.delete(tag)
  }

  /** The entry that was accepted for it. */
  find(tag: string): string | undefined {
    return this.#ids.get(tag)?.id
  }
}
