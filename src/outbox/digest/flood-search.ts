import { runningMs } from '../../schedule/clock.ts'

const pauseMs = 200
/** Of what a caller may have in the queue. */
const share = 0.05

/** When a flood is looked for again: that takes milliseconds, and whoever has too much in the queue asks often. */
export class FloodSearch {
  #owner = ''
  #messages = 0
  #untilMs = 0

  /** True where it is, for a caller who has so many in the queue, and may have `most`; it counts as done then. */
  isDue(owner: string, messages: number, most: number): boolean {
    const hasGrown = messages >= Math.min(this.#messages + Math.ceil(share * most), most)
    const isNews = messages < this.#messages || (hasGrown && messages > this.#messages)
    if (owner === this.#owner && !isNews && runningMs() < this.#untilMs) return false
    this.#owner = owner
    this.#messages = messages
    this.#untilMs = runningMs() + pauseMs
    return true
  }
}
