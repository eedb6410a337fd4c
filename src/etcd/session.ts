import { AttemptError } from './gateway-request.ts'
import { troubleOf } from './trouble.ts'

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
  readonly #open: (limitMs: number) => Promise<string>
  #opening: Promise<string> | undefined
  #token: string | undefined

  constructor(open: (limitMs: number) => Promise<string>) {
    this.#open = open
  }

  /** The token, where there is one already. */
  get known(): string | undefined {
    return this.#token
  }

  /**
   * The token; begins a session where there is none, within the limit of who asks first. Rejects as
   * `open` does, and tries again next time.
   */
  async token(limitMs: number): Promise<string> {
    if (this.#token !== undefined) return this.#token
    this.#opening ??= this.#open(limitMs).finally(() => {
      this.#opening = undefined
    })
    this.#token = await this.#opening
    return this.#token
  }

  /** The engine has refused this one. */
  forget(refused: string | undefined): void {
    if (this.#token === refused) this.#token = undefined
  }
}

/** An engine with users permits nothing to nobody, and says it in words of its own. @throws AttemptError */
export function explainNobody(error: unknown): never {
  const { kind } = error instanceof AttemptError ? error.trouble : {}
  if (kind !== 'permission' && kind !== 'not_authenticated') throw error
  throw new AttemptError(troubleOf('no_user'), 'refused', error)
}
