/** One refresh under way: everybody who wants the token waits for the same one. */
export class Flight {
  /** The count of grants when it began; see AccountToken. */
  readonly generation: number
  /** True once a person has asked for it by name. */
  isExplicit: boolean
  /** True once the renewer was asked. */
  hasBegun = false
  /** Resolves when it has ended, well or not; never rejects. */
  readonly landed: Promise<void>
  #land: (successor?: Promise<void>) => void = () => {}

  constructor(generation: number, isExplicit: boolean) {
    this.generation = generation
    this.isExplicit = isExplicit
    this.landed = new Promise((resolve) => {
      this.#land = resolve
    })
  }

  /** Says that it has ended; those who wait for it go on to wait for its successor, if it has one. */
  land(successor?: Flight): void {
    this.#land(successor?.landed)
  }

  /** Resolves when it has ended or `limitMs` is over. */
  async waitAtMost(limitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs)
    })
    await Promise.race([this.landed, limit])
    clearTimeout(timer)
  }
}
