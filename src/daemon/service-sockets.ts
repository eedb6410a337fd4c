import { DaemonUnreachableError, isCmsOauthError } from '../errors.ts'
import type { Audit } from './audit.ts'
import type { ConfigurationInForce } from './broker/in-force.ts'
import type { LazyBridges } from './bridge/lazy-bridges.ts'
import type { LazyOutboxes } from './outbox/lazy-outboxes.ts'
import type { Prepared } from './prepared.ts'
import type { TokenSockets } from './token-sockets.ts'
import { tryEach } from './try-each.ts'

/** All that programs connect to: the token sockets, and what the bridges and outboxes listen on. */
export class ServiceSockets {
  readonly #tokens: TokenSockets
  readonly #bridges: LazyBridges
  readonly #outboxes: LazyOutboxes
  readonly #audit: Audit
  #applying = Promise.resolve()
  #closing: Promise<void> | undefined

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

  /**
   * Opens and closes sockets until they are those of the configuration; one whose name is lost is opened
   * again. If one cannot be opened, nothing changes.
   * @throws CmsOauthError; DaemonUnreachableError once they are being closed
   */
  apply(configuration: ConfigurationInForce): Promise<void> {
    return this.#applyBut(new Set(), configuration)
  }

  /**
   * Opens those again whose names are lost; one that fails does not keep the others closed.
   * @throws CmsOauthError the first failure, once all have been tried
   */
  async restore(configuration: ConfigurationInForce): Promise<void> {
    const lost = this.lost()
    if (lost.length === 0) return
    try {
      await this.apply(configuration)
    } catch (error) {
      if (!isCmsOauthError(error) || lost.length === 1) throw error
      const others = (path: string) => new Set(lost.filter((other) => other !== path))
      await tryEach(lost.map((path) => () => this.#applyBut(others(path), configuration)))
    }
  }

  /** @param left lost ones that are not opened again */
  async #applyBut(left: ReadonlySet<string>, configuration: ConfigurationInForce): Promise<void> {
    if (this.#closing !== undefined) throw new DaemonUnreachableError('the daemon is stopping')
    this.#applying = this.#apply(left, configuration)
    await this.#applying
  }

  async #apply(left: ReadonlySet<string>, configuration: ConfigurationInForce): Promise<void> {
    const prepared: Prepared[] = []
    try {
      for (const part of [this.#bridges, this.#outboxes]) {
        prepared.push(await part.prepare(configuration, left))
      }
      await this.#tokens.apply(configuration, left)
    } catch (error) {
      for (const part of prepared) await part.rollback()
      throw error
    }
    this.#audit.follow(configuration.log.audit)
    for (const part of prepared) await part.commit()
  }

  /**
   * Accepts no more requests, for good; those that wait are answered first. Only the first call closes
   * anything: a daemon that stops does it before its control socket, and once more as a step of its own.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // What is opened meanwhile would stay. The caller that applied it reports what is refused.
    await this.#applying.catch(() => {})
    await Promise.all([this.#tokens.close(), this.#bridges.close(), this.#outboxes.close()])
  }
}
