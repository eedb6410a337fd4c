import type { Clock, Instant } from './clock.ts'

/** Timers stand still during suspend and know nothing of clock steps: check the clocks this often. */
const longestSleepMs = 30_000
/** Wake-ups closer together than this become one. */
const shortestSleepMs = 50

/** One timer for all accounts: calls back at the earliest moment that was asked for. */
export class RefreshAlarm {
  readonly #clock: Clock
  readonly #ring: () => void
  #timer: NodeJS.Timeout | undefined
  #isStopped = false
  #ringsAtBootMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
    this.#sleep(longestSleepMs)
  }

  /** Makes sure that it rings when the instant has come. */
  wakeBy(instant: Instant): void {
    const sleepMs = Math.min(
      longestSleepMs,
      instant.bootMs - this.#clock.bootMs(),
      instant.wallMs - this.#clock.wallMs(),
    )
    const ringsAtBootMs = this.#clock.bootMs() + Math.max(sleepMs, shortestSleepMs)
    if (ringsAtBootMs < this.#ringsAtBootMs) this.#sleep(sleepMs)
  }

  /** Never rings again. */
  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #sleep(sleepMs: number): void {
    if (this.#isStopped) return
    clearTimeout(this.#timer)
    const boundedMs = Math.max(sleepMs, shortestSleepMs)
    this.#ringsAtBootMs = this.#clock.bootMs() + boundedMs
    this.#timer = setTimeout(() => {
      this.#ringsAtBootMs = Number.POSITIVE_INFINITY
      this.#sleep(longestSleepMs)
      this.#ring()
    }, boundedMs)
    this.#timer.unref()
  }
}
