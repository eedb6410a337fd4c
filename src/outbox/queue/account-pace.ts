import { runningMs } from '../../schedule/clock.ts'
import type { LaterOutcome } from '../../messages/sender-messages.ts'
import type { QueueEntry } from './queue.ts'

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
  /** How many of its messages were delivered. */
  deliveries = 0
  readonly #random: () => number
  #failures = 0
  /** The message that may have failed for what it is itself. */
  #passedOver: string | undefined
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

  /**
   * Takes note of a failure; `retryMs` are the pauses between tries. Where it may be of the message, others may be sent
   * before anybody acts.
   */
  failed(
    { actor, isOfMessage = false, retryAfterMs = 0 }: LaterOutcome,
    retryMs: readonly number[],
  ): void {
    const now = runningMs()
    if (retryAfterMs === 0) {
      this.#askedUntilMs = 0
      const awaited = isOfMessage ? 'nobody' : actor
      this.#notBeforeMs = now + this.#pauseMs(awaited, this.#failures, retryMs)
    } else {
      // Who says when has reckoned with all that ask; the first pause keeps from asking at once.
      this.#askedUntilMs = now + Math.min(retryAfterMs, hourMs)
      this.#notBeforeMs = Math.max(this.#askedUntilMs, now + this.#pauseMs('nobody', 0, retryMs))
    }
    this.#failures += 1
  }

  /**
   * For how long a message that failed so often waits alone, in ms, where that may be for what it is itself: the
   * others are not held up. Undefined where the account must wait, as where another one failed so too.
   */
  passOver(
    { id, failuresInARow }: Pick<QueueEntry, 'id' | 'failuresInARow'>,
    { actor, isOfMessage = false, retryAfterMs }: LaterOutcome,
    retryMs: readonly number[],
  ): number | undefined {
    if (!isOfMessage || retryAfterMs !== undefined) return undefined
    this.#passedOver ??= id
    return this.#passedOver === id ? this.#pauseMs(actor, failuresInARow, retryMs) : undefined
  }

  #pauseMs(actor: LaterOutcome['actor'], failures: number, retryMs: readonly number[]): number {
    const own = retryMs[Math.min(failures, retryMs.length - 1)] ?? hourMs
    const spread = 1 + jitter * (2 * this.#random() - 1)
    return (actor === 'nobody' ? own : hourMs) * spread
  }

  /** One was delivered, or refused for what it is itself. */
  succeeded(): void {
    this.#failures = 0
    this.#notBeforeMs = 0
    this.#askedUntilMs = 0
    this.#passedOver = undefined
  }

  /** The cause may be gone: it is tried at once, unless the provider asked for more time. */
  hurry(): void {
    this.#failures = 0
    this.#notBeforeMs = this.#askedUntilMs
    this.#passedOver = undefined
  }
}
