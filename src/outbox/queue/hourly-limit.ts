import { runningMs } from '../../schedule/clock.ts'

const hourMs = 3_600_000

/** How many messages each user has sent in the last hour. */
export class HourlyLimit {
  readonly #sent = new Map<number, number[]>()

  /** Takes note of one that was sent. */
  count(uid: number): void {
    this.#sent.set(uid, [...this.#recent(uid), runningMs()])
  }

  /** How long the user waits until another may be sent, in ms; 0: it may now. */
  waitMs(uid: number, most: number): number {
    const recent = this.#recent(uid)
    const first = recent.at(-most)
    return first === undefined ? 0 : first + hourMs - runningMs()
  }

  #recent(uid: number): number[] {
    const since = runningMs() - hourMs
    return (this.#sent.get(uid) ?? []).filter((at) => at > since)
  }
}
