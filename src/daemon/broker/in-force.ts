import { Accounts } from '../../accounts/accounts.ts'
import type { Configuration } from '../../configuration/configuration.ts'

/** All of it but what its accounts were made of: of 10,000 that is 1.3 MiB. */
export type ConfigurationInForce = Omit<Configuration, 'accounts'>

/** The configuration in force, and what follows from it; a reload puts another in its place. */
export class InForce {
  #configuration: ConfigurationInForce
  #accounts: Accounts
  #loadedAt = Date.now()

  constructor(configuration: Configuration) {
    this.#configuration = withoutAccounts(configuration)
    this.#accounts = Accounts.from(configuration)
  }

  get configuration(): ConfigurationInForce {
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
    this.#configuration = withoutAccounts(configuration)
    this.#accounts = accounts
    this.#loadedAt = Date.now()
  }
}

function withoutAccounts(configuration: Configuration): ConfigurationInForce {
  const { accounts: _, ...rest } = configuration
  return rest
}
