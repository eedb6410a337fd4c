import { runningMs } from '../../schedule/clock.ts'
import type { DeliveryOutcome } from '../../messages/sender-messages.ts'

type Later = Extract<DeliveryOutcome, { kind: 'later' }>

const hourMs = 3_600_000
const jitter = 0.1

/**
 * When an account may send next. One message is on its way at a time; where one fails for a reason that
 * is not its own, the whole account waits, and new mail does not shorten that.
 */
export class AccountPace {
  /** Of the message that is on its way, with its outbox. */
  underWay: { outbox: string; id: string } | undefined
  /** Somebody was told that mail waits for a person. */
  isStuckTold = false
  readonly #random: () => number
  #failures = 0
  #notBeforeMs = 0
  /** What the provider asked for holds whoever is impatient. */
  #askedUntilMs = 0

  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** How long it still waits, in ms. */
  get waitMs(): number {
    return Math.max(0, this.#notBeforeMs - runningMs())
  }

  /** Takes note of a failure; `retryMs` are the pauses between tries. */
  failed({ actor, retryAfterMs = 0 }: Later, retryMs: readonly number[]): void {
    const now = runningMs()
    const own = retryMs[Math.min(this.#failures, retryMs.length - 1)] ?? hourMs
    const usual = actor === 'nobody' ? own : hourMs
    this.#failures += 1
    const spread = 1 + jitter * (2 * this.#random() - 1)
    if (retryAfterMs === 0) {
      this.#askedUntilMs = 0
      this.#notBeforeMs = now + usual * spread
    } else {
      // Who says when has reckoned with all that ask; the first pause keeps from asking at once.
      this.#askedUntilMs = now + Math.min(retryAfterMs, hourMs)
      this.#notBeforeMs = Math.max(this.#askedUntilMs, now + (retryMs[0] ?? hourMs) * spread)
    }
  }

  /** One was delivered, or refused for what it is itself. */
  succeeded(): void {
    this.#failures = 0
    this.#notBeforeMs = 0
    this.#askedUntilMs = 0
  }

  /** The cause may be gone: it is tried at once, unless the provider asked for more time. */
  hurry(): void {
    this.#failures = 0
    this.#notBeforeMs = this.#askedUntilMs
  }
}
