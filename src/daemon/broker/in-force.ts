import { Accounts } from '../../accounts/accounts.ts'
import type { Configuration } from '../../configuration/configuration.ts'

/** The configuration in force, and what follows from it; a reload puts another in its place. */
export class InForce {
  #configuration: Configuration
  #accounts: Accounts
  #loadedAt = Date.now()

  constructor(configuration: Configuration) {
    this.#configuration = configuration
    this.#accounts = Accounts.from(configuration)
  }

  get configuration(): Configuration {
    return this.#configuration
  }

  get accounts(): Accounts {
    return this.#accounts
  }

  /** Epoch ms. */
  get loadedAt(): number {
    return this.#loadedAt
  }

  /** Puts another one in force; `accounts` are those that follow from it. */
  replace(configuration: Configuration, accounts: Accounts): void {
    this.#configuration = configuration
    this.#accounts = accounts
    this.#loadedAt = Date.now()
  }
}
