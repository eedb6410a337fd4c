import { RefreshAttempt } from './refresh-attempt.ts'

/** The one refresh of an account that counts: the newest one of the newest grant. */
export class AttemptSlot {
  /** Counts grants: what an attempt of an older one brings is dropped. */
  #generation = 0
  #attempt: RefreshAttempt | undefined

  /** The newest one that has not ended. */
  get current(): RefreshAttempt | undefined {
    return this.#attempt
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
  }

  /** Says that an attempt has ended, well or not. */
  close(attempt: RefreshAttempt): void {
    if (this.#attempt === attempt) this.#attempt = undefined
    attempt.settle(this.#attempt)
  }
}
