import { ProviderUnavailableError, triedAgain } from '../../errors.ts'
import { afterRunning } from '../../schedule/running-time.ts'

/** How long an exchange may go on after its request has left. */
const defaultLimitMs = 5 * 60_000
/** What is there when the limit is reached is sealed; a library that forgets the signal is left. */
const graceMs = 10_000

/** Before its request leaves, an exchange ends with the job that asked for it; then at its own limit. */
export class ExchangeLimits {
  readonly #controller = new AbortController()
  readonly #owner: string
  readonly #asked: AbortSignal
  readonly #limitMs: number
  readonly #leave = () => this.#abort()
  #hasLeft = false
  #forget: (error: Error) => void = () => {}
  #stop = () => {}
  /** Rejects when it goes on for long after its signal has aborted; never resolves. */
  readonly forgotten = new Promise<never>((_resolve, reject) => {
    this.#forget = reject
  })

  constructor(owner: string, asked: AbortSignal, limitMs = defaultLimitMs) {
    this.#owner = owner
    this.#asked = asked
    this.#limitMs = limitMs
    asked.addEventListener('abort', this.#leave, { once: true })
  }

  /** Ends the exchange when it aborts. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /**
   * True, and the exchange goes on to its own limit, where whoever asked still waits, or it goes on
   * already: what it asks for next may be an older sign-in's.
   */
  maySend(): boolean {
    if (this.#asked.aborted && !this.#hasLeft) return false
    this.#hasLeft = true
    this.end()
    this.#stop = afterRunning(this.#limitMs, () => this.#abort())
    return true
  }

  /** Nothing ends it any more: it has ended. */
  end(): void {
    this.#asked.removeEventListener('abort', this.#leave)
    this.#stop()
  }

  #abort(): void {
    this.#controller.abort()
    this.#stop = afterRunning(graceMs, () => {
      const error = new ProviderUnavailableError(
        `the provider of "${this.#owner}" never answered`,
        {
          hint: `this is usually temporary; it ${triedAgain}`,
          isFateUnknown: this.#hasLeft,
        },
      )
      this.#forget(error)
    })
  }
}
