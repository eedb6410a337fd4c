import type { Configuration } from '../../configuration/configuration.ts'
import type { Outboxes, PreparedOutboxes, ServedOutboxState } from './outboxes.ts'

const nothingToDo: PreparedOutboxes = { commit: async () => {}, rollback: async () => {} }

/** The outboxes of a daemon that may have none: their code is run when the first is configured. */
export class LazyOutboxes {
  readonly #load: () => Promise<Outboxes>
  #outboxes: Outboxes | undefined

  constructor(load: () => Promise<Outboxes>) {
    this.#load = load
  }

  /** As Outboxes do it. @throws CmsOauthError */
  async prepare(configuration: Configuration): Promise<PreparedOutboxes> {
    if (this.#outboxes === undefined && configuration.outboxes.length === 0) return nothingToDo
    this.#outboxes ??= await this.#load()
    return this.#outboxes.prepare(configuration)
  }

  states(): readonly ServedOutboxState[] {
    return this.#outboxes?.states() ?? []
  }

  /** Ends their processes; what is on its way gets a moment. */
  async close(): Promise<void> {
    await this.#outboxes?.close()
  }
}
