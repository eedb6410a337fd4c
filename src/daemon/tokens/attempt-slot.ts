import { runningMs } from '../../schedule/clock.ts'
import { RefreshAttempt } from './refresh-attempt.ts'

/** The one refresh of an account that counts, the newest one of the newest grant; and those who wait for it. */
export class AttemptSlot {
  /** Counts grants: what an attempt of an older one brings is dropped. */
  #generation = 0
  #attempt: RefreshAttempt | undefined
  #waiting = 0
  readonly #whenSuperseded = new Set<() => void>()

  /** The newest one that has not ended. */
  get current(): RefreshAttempt | undefined {
    return this.#attempt
  }

  /** True while a client waits. */
  get isAwaited(): boolean {
    return this.#waiting > 0
  }

  /** That of the newest grant, or a new one. */
  open(isExplicit: boolean): { attempt: RefreshAttempt; isNew: boolean } {
    const open = this.#attempt
    if (open !== undefined && this.isCurrent(open)) {
      open.isExplicit ||= isExplicit
      if (isExplicit) open.hurry()
      return { attempt: open, isNew: false }
    }
    const attempt = new RefreshAttempt(this.#generation, isExplicit)
    this.#attempt = attempt
    return { attempt, isNew: true }
  }

  /**
   * Waits as a client does: an attempt is hurried; where it was left to another host, what that may bring is
   * waited for. Resolves when there is neither, or `limitMs` is over.
   */
  async waitFor(
    attempt: RefreshAttempt | undefined,
    limitMs: number,
    isElsewhere = () => false,
  ): Promise<void> {
    const endsAtMs = runningMs() + limitMs
    if (attempt !== undefined) {
      this.#waiting++
      attempt.hurry()
      await attempt.waitAtMost(limitMs)
      this.#waiting--
    }
    if (isElsewhere()) await this.#waitForOther(endsAtMs - runningMs())
  }

  /** Resolves when the attempt has ended, and what may have superseded it. */
  async outlast(attempt: RefreshAttempt): Promise<void> {
    await attempt.settled
    const current = this.#attempt
    const isSuperseded = current !== undefined && current.generation !== attempt.generation
    if (isSuperseded) await this.outlast(current)
  }

  /** False once a newer grant has come. */
  isCurrent(attempt: RefreshAttempt): boolean {
    return attempt.generation === this.#generation
  }

  /** A newer grant is there: those who wait for the older one's attempt go on to wait for its successor. */
  outdate(): void {
    this.#generation++
  }

  /** Whatever is under way counts no more; those who wait for it check what is there now. */
  supersede(): void {
    this.outdate()
    this.#attempt?.settle()
    this.#attempt = undefined
    for (const tell of this.#whenSuperseded) tell()
  }

  /** Says that an attempt has ended, well or not. */
  close(attempt: RefreshAttempt): void {
    if (this.#attempt === attempt) this.#attempt = undefined
    attempt.settle(this.#attempt)
  }

  /** Resolves when something has come, or `limitMs` is over. */
  #waitForOther(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const tell = () => {
        clearTimeout(timer)
        this.#whenSuperseded.delete(tell)
        resolve()
      }
      const timer = setTimeout(tell, limitMs)
      this.#whenSuperseded.add(tell)
    })
  }
}
