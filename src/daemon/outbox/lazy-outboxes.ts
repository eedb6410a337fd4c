import type { Configuration } from '../../configuration/configuration.ts'
import { strandedSpools } from '../../spool/stranded-spools.ts'
import { OnDemand } from '../on-demand.ts'
import { nothingToDo, type Prepared } from '../prepared.ts'
import type { Outboxes, ServedOutboxState } from './outboxes.ts'

/** The outboxes of a daemon that may have none: their code is run when the first is configured, or mail waits for one. */
export class LazyOutboxes {
  readonly #outboxes: OnDemand<Outboxes>

  constructor(load: () => Promise<Outboxes>) {
    this.#outboxes = new OnDemand(load)
  }

  /** As Outboxes do it. @throws CmsOauthError */
  async prepare(
    configuration: Pick<Configuration, 'outboxes' | 'store'>,
    left: ReadonlySet<string>,
  ): Promise<Prepared> {
    // The log says what waits for one that is gone.
    const isWanted = configuration.outboxes.length > 0 || strandedSpools(configuration).length > 0
    if (this.#outboxes.present === undefined && !isWanted) return nothingToDo
    return (await this.#outboxes.get()).prepare(configuration, left)
  }

  /** The paths that lead to no outbox any more. */
  lost(): string[] {
    return this.#outboxes.present?.lost() ?? []
  }

  states(): readonly ServedOutboxState[] {
    return this.#outboxes.present?.states() ?? []
  }

  /** Ends their processes; what is on its way gets a moment. */
  async close(): Promise<void> {
    await this.#outboxes.present?.close()
  }
}
