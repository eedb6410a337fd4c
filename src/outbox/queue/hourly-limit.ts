import { runningMs } from '../../schedule/clock.ts'

const hourMs = 3_600_000

/** How many messages each caller has sent in the last hour. */
export class HourlyLimit {
  readonly #sent = new Map<string, number[]>()

  /** Takes note of one that was sent. */
  count(caller: string): void {
    this.#sent.set(caller, [...this.#recent(caller), runningMs()])
  }

  /** How long the caller waits until another may be sent, in ms; 0: it may now. */
  waitMs(caller: string, most: number): number {
    const recent = this.#recent(caller)
    const first = recent.at(-most)
    return first === undefined ? 0 : first + hourMs - runningMs()
  }

  #recent(caller: string): number[] {
    const since = runningMs() - hourMs
    return (this.#sent.get(caller) ?? []).filter((at) => at > since)
  }
}
