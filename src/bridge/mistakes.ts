import type { Gate } from './gate.ts'

const mostUnknown = 3
const mostWrongPasswords = 3

/** Why a client is closed that has got too much wrong. */
export const tooManyMistakes = {
  unknown: 'too many unknown commands',
  passwords: 'too many wrong passwords',
}

/** Counts what one client gets wrong. */
export class Mistakes {
  readonly #gate: Pick<Gate, 'refusePassword'>
  #unknown = 0
  #wrongPasswords = 0

  constructor(gate: Pick<Gate, 'refusePassword'>) {
    this.#gate = gate
  }

  /** Counts a command that is not known; false where it was one too many. */
  mayGoOnAfterUnknown(): boolean {
    this.#unknown += 1
    return this.#unknown < mostUnknown
  }

  /** Counts a wrong password, in the time that it takes; false where it was one too many. */
  async mayGoOnAfterPassword(mechanism: string): Promise<boolean> {
    this.#wrongPasswords += 1
    const mayTryAgain = await this.#gate.refusePassword(mechanism)
    return mayTryAgain && this.#wrongPasswords < mostWrongPasswords
  }
}
