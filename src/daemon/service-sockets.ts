import type { Configuration } from '../configuration/configuration.ts'
import type { LazyBridges } from './bridge/lazy-bridges.ts'
import type { TokenSockets } from './token-sockets.ts'

/** All that mail programs connect to: the token sockets, and what the bridges listen on. */
export class ServiceSockets {
  readonly #tokens: TokenSockets
  readonly #bridges: LazyBridges

  constructor(tokens: TokenSockets, bridges: LazyBridges) {
    this.#tokens = tokens
    this.#bridges = bridges
  }

  /** Makes all of them those of a configuration; if one cannot be opened, all stays. @throws CmsOauthError */
  async apply(configuration: Configuration): Promise<void> {
    const prepared = await this.#bridges.prepare(configuration)
    try {
      await this.#tokens.apply(configuration)
    } catch (error) {
      await prepared.rollback()
      throw error
    }
    await prepared.commit()
  }

  /** Takes no more requests, for good; those that wait are answered first. */
  async close(): Promise<void> {
    await Promise.all([this.#tokens.close(), this.#bridges.close()])
  }
}
