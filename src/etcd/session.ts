/** Who this host is to the engine. */
export interface EtcdCredentials {
  user: string
  /** Read again for each session, so that a new one counts without a restart. @throws what reading it throws */
  password: () => Promise<string>
}

/**
 * The token of a session. Getting one costs the engine a quarter of a second of bcrypt: it is kept until
 * the engine refuses it, and all who need one wait for the same.
 */
export class Session {
  readonly #open: () => Promise<string>
  #token: Promise<string> | undefined

  constructor(open: () => Promise<string>) {
    this.#open = open
  }

  /** The token; begins a session where there is none. Rejects as `open` does, and tries again next time. */
  token(): Promise<string> {
    this.#token ??= this.#begin()
    return this.#token
  }

  /** The engine has refused this one. */
  async forget(refused: string): Promise<void> {
    const held = this.#token
    if ((await held?.catch(() => undefined)) === refused && this.#token === held) {
      this.#token = undefined
    }
  }

  #begin(): Promise<string> {
    const token = this.#open()
    token.catch(() => {
      if (this.#token === token) this.#token = undefined
    })
    return token
  }
}
