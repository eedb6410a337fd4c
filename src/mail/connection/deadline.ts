/** The limit of a whole conversation, or of each of its parts, and how its caller cancels it. */
export class Deadline {
  readonly #controller = new AbortController()
  #timer: NodeJS.Timeout
  readonly #cancel: AbortSignal | undefined
  readonly #abort = (): void => {
    this.end()
    this.#controller.abort(this.#cancel?.reason)
  }

  /** @param cancel stops it before; what is thrown then is the reason of this signal */
  constructor(limitMs: number, cancel: AbortSignal | undefined) {
    this.#cancel = cancel
    this.#timer = this.#startTimer(limitMs)
    if (cancel?.aborted === true) this.#abort()
    else cancel?.addEventListener('abort', this.#abort)
  }

  /** Aborts at the limit, or when the caller cancels. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** True where the caller stopped it. */
  get isCancelled(): boolean {
    return this.signal.aborted && this.signal.reason === this.#cancel?.reason
  }

  /** Starts the limit again with so long, whatever was left. */
  restart(limitMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = this.#startTimer(limitMs)
  }

  /** Neither the limit nor the caller's signal counts any more. */
  end(): void {
    clearTimeout(this.#timer)
    this.#cancel?.removeEventListener('abort', this.#abort)
  }

  #startTimer(limitMs: number): NodeJS.Timeout {
    const late = () => this.#controller.abort(new DOMException('no answer in time', 'TimeoutError'))
    return setTimeout(late, limitMs)
  }
}
