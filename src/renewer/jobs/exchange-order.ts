import type { Secret } from '../../logging/secret.ts'

/** Does with a refresh token that is not sealed what whoever ended the sign-in wants. */
export type Drop = (refreshToken: Secret) => Promise<void>

/** A plain logout revokes nothing, and a sign-in leaves the older one to the provider. */
const leaveToProvider: Drop = () => Promise.resolve()

/** Which of the exchanges of an account began before what: only the newest grant is sealed. */
export class ExchangeOrder {
  /** The newest exchange, by its number, whose grant became the account's. */
  readonly #newest = new Map<string, number>()
  /** What becomes of what exchanges bring that began before a logout, by the account. */
  readonly #drops = new Map<string, { upTo: number; drop: Drop }>()
  #count = 0

  /** The number of an exchange that begins now. */
  next(): number {
    return ++this.#count
  }

  /** False once this or an exchange that began later was adopted, or the account was signed out. */
  isCurrent(owner: string, number: number): boolean {
    return (this.#newest.get(owner) ?? 0) < number
  }

  /** True once an exchange that began later was adopted, or the account was signed out. */
  isSuperseded(owner: string, number: number): boolean {
    return number < (this.#newest.get(owner) ?? 0)
  }

  /** The grant of this exchange is the account's from now on. */
  adopt(owner: string, number: number): void {
    this.#newest.set(owner, number)
  }

  /** What has begun counts no more; `drop` gets the refresh tokens that come of it. */
  supersede(owner: string, drop: Drop = leaveToProvider): void {
    const upTo = this.next()
    this.adopt(owner, upTo)
    this.#drops.set(owner, { upTo, drop })
  }

  /** Drops what an exchange brought, where it was superseded. */
  async drop(owner: string, number: number, refreshToken: Secret): Promise<void> {
    const { upTo = 0, drop } = this.#drops.get(owner) ?? {}
    if (number < upTo) await drop?.(refreshToken)
  }
}
