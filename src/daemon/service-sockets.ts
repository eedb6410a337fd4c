import type { Audit } from './audit.ts'
import type { ConfigurationInForce } from './broker/in-force.ts'
import type { LazyBridges } from './bridge/lazy-bridges.ts'
import type { LazyOutboxes } from './outbox/lazy-outboxes.ts'
import type { TokenSockets } from './token-sockets.ts'

/** What is ready to take the place of what is in force. */
interface Prepared {
  commit(): Promise<void>
  rollback(): Promise<void>
}

/** All that programs connect to: the token sockets, and what the bridges and outboxes listen on. */
export class ServiceSockets {
  readonly #tokens: TokenSockets
  readonly #bridges: LazyBridges
  readonly #outboxes: LazyOutboxes
  readonly #audit: Audit

  constructor(tokens: TokenSockets, bridges: LazyBridges, outboxes: LazyOutboxes, audit: Audit) {
    this.#audit = audit
    this.#tokens = tokens
    this.#bridges = bridges
    this.#outboxes = outboxes
  }

  /** The paths that lead to none of them any more. */
  lost(): string[] {
    return [this.#tokens, this.#bridges, this.#outboxes].flatMap((part) => part.lost())
  }

  /** Makes all of them those of a configuration, those with a lost name too; if one cannot be opened, all stays. @throws CmsOauthError */
  async apply(configuration: ConfigurationInForce): Promise<void> {
    const prepared: Prepared[] = []
    try {
      for (const part of [this.#bridges, this.#outboxes]) {
        prepared.push(await part.prepare(configuration))
      }
      await this.#tokens.apply(configuration)
    } catch (error) {
      for (const part of prepared) await part.rollback()
      throw error
    }
    this.#audit.follow(configuration.log.audit)
    for (const part of prepared) await part.commit()
  }

  /** Accepts no more requests, for good; those that wait are answered first. */
  async close(): Promise<void> {
    await Promise.all([this.#tokens.close(), this.#bridges.close(), this.#outboxes.close()])
  }
}
