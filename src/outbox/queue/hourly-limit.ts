import { runningMs } from '../../schedule/clock.ts'

const hourMs = 3_600_000

/** How many messages each caller has sent in the last hour. */
export class HourlyLimit {
  /** Who sent longest ago comes first. */
  readonly #sent = new Map<string, number[]>()
  readonly #nowMs: () => number

  /** @param nowMs a clock that is never set back */
  constructor(nowMs: () => number = runningMs) {
    this.#nowMs = nowMs
  }

  /** How many callers it remembers. */
  get callers(): number {
    return this.#sent.size
  }

  /** Takes note of one that was sent, and forgets whoever has sent nothing for an hour. */
  count(caller: string): void {
    const sent = [...this.#recent(caller), this.#nowMs()]
    this.#sent.delete(caller)
    this.#sent.set(caller, sent)
    for (const other of this.#sent.keys()) {
      if (this.#recent(other).length > 0) return
      this.#sent.delete(other)
    }
  }

  /** How long the caller waits until another may be sent, in ms; 0: it may now. */
  waitMs(caller: string, most: number): number {
    const recent = this.#recent(caller)
    const first = recent.at(-most)
    return first === undefined ? 0 : first + hourMs - this.#nowMs()
  }

  /** How many more the caller may send in this hour. */
  left(caller: string, most: number): number {
    return Math.max(0, most - this.#recent(caller).length)
  }

  #recent(caller: string): number[] {
    const since = this.#nowMs() - hourMs
    return (this.#sent.get(caller) ?? []).filter((at) => at > since)
  }
}
