const answerAfterMs = 1_000
/** That many of one address may wait for their answer; each waits for those before it. */
const mostWaiting = 8

/** Slows down whoever tries passwords: one answer a second to each address. */
export class PasswordPace {
  readonly #waiting = new Map<string, { count: number; last: Promise<void> }>()
  readonly #pause: () => Promise<void>

  constructor(pause: () => Promise<void> = () => after(answerAfterMs)) {
    this.#pause = pause
  }

  /** To be awaited before a wrong password is answered; false where the address has too many open. */
  async refuse(address: string): Promise<boolean> {
    const { count, last } = this.#waiting.get(address) ?? { count: 0, last: Promise.resolve() }
    if (count >= mostWaiting) return false
    const turn = last.then(this.#pause)
    this.#waiting.set(address, { count: count + 1, last: turn })
    await turn
    const left = (this.#waiting.get(address)?.count ?? 1) - 1
    if (left === 0) this.#waiting.delete(address)
    else this.#waiting.set(address, { count: left, last: this.#waiting.get(address)?.last ?? turn })
    return true
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms))
}
