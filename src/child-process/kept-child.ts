import { backOffMs } from '../schedule/back-off.ts'
import { runningMs } from '../schedule/clock.ts'
import type { Child, ChildEnd } from './child.ts'

interface KeptChildOptions<Outgoing> {
  /** Starts one, which must tell its end. */
  start: (onEnd: (end: ChildEnd) => void) => Pick<Child<Outgoing, never>, 'send' | 'disconnect'>
  /** A child has ended that should have stayed; the next is started after so many ms. */
  onRestart: (end: ChildEnd, pauseMs: number) => void
}

/** A child that has run so long was not broken from its start. */
const soundAfterMs = 60_000
const pauses = { shortestMs: 1_000, longestMs: 60_000 }

/**
 * A child that is there until it is closed: another is started in place of one that ends, at once the
 * first time, and more and more rarely while none stays.
 */
export class KeptChild<Outgoing> {
  readonly #options: KeptChildOptions<Outgoing>
  #child: ReturnType<KeptChildOptions<Outgoing>['start']> | undefined
  #failures = 0
  #startedAtMs = 0
  #timer: NodeJS.Timeout | undefined
  #closing: Promise<void> | undefined
  #tellGone: () => void = () => {}

  constructor(options: KeptChildOptions<Outgoing>) {
    this.#options = options
    this.#start()
  }

  /**
   * Sends a message to the present child; between two of them it is dropped, since each is told all at its
   * start.
   */
  send(message: Outgoing): void {
    this.#child?.send(message)
  }

  /** Lets it finish, and starts no other; resolves when it is gone, for all who close it. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #close(): Promise<void> {
    clearTimeout(this.#timer)
    const child = this.#child
    if (child === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      this.#tellGone = resolve
      child.disconnect()
    })
  }

  #start(): void {
    this.#startedAtMs = runningMs()
    this.#child = this.#options.start((end) => this.#replace(end))
  }

  #replace(end: ChildEnd): void {
    this.#child = undefined
    if (this.#closing !== undefined) return this.#tellGone()
    if (runningMs() - this.#startedAtMs >= soundAfterMs) this.#failures = 0
    const pauseMs =
      this.#failures === 0 ? 0 : backOffMs(this.#failures, undefined, Math.random, pauses)
    this.#failures += 1
    this.#options.onRestart(end, pauseMs)
    this.#timer = setTimeout(() => this.#start(), pauseMs)
  }
}
