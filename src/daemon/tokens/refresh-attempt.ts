/** One refresh under way: everybody who wants the token waits for the same one. */
export class RefreshAttempt {
  /** The count of grants when it began; see AttemptSlot. */
  readonly generation: number
  /** True once a person has asked for it by name. */
  isExplicit: boolean
  /** True once the renewer was asked. */
  hasBegun = false
  /** Says that somebody waits for it now; set by who queues it. */
  hurry = (): void => {}
  /** Resolves when it has ended, well or not; never rejects. */
  readonly settled: Promise<void>
  #settle: (successor?: Promise<void>) => void = () => {}

  constructor(generation: number, isExplicit: boolean) {
    this.generation = generation
    this.isExplicit = isExplicit
    this.settled = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  /** Says that it has ended; those who wait for it go on to wait for its successor, if it has one. */
  settle(successor?: RefreshAttempt): void {
    this.#settle(successor?.settled)
  }

  /** Resolves when it has ended or `limitMs` is over. */
  async waitAtMost(limitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs)
    })
    await Promise.race([this.settled, limit])
    clearTimeout(timer)
  }
}
