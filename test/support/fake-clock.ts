import type { Clock } from '../../src/schedule/clock.ts'

/** A clock whose two faces a test moves by hand. */
export class FakeClock implements Clock {
  #wallMs = Date.UTC(2026, 0, 1)
  #bootMs = 1_000_000

  wallMs(): number {
    return this.#wallMs
  }

  bootMs(): number {
    return this.#bootMs
  }

  /** Time goes by, running or suspended. */
  advance(ms: number): void {
    this.#wallMs += ms
    this.#bootMs += ms
  }

  /** Somebody sets the wall clock. */
  step(ms: number): void {
    this.#wallMs += ms
  }
}
