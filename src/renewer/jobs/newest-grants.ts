import { isNewer } from '../../accounts/newer-token.ts'
import type { GrantStage } from '../../messages/renewer-jobs.ts'

/** The newest grants that the daemon has told of since it gave the jobs: it hears of other hosts at any time. */
export class NewestGrants {
  readonly #told = new Map<string, GrantStage>()

  /** Takes note of a grant of an address. */
  note(owner: string, stage: GrantStage): void {
    if (isNewer(stage, this.#told.get(owner))) this.#told.set(owner, stage)
  }

  /** The newest one of an address; undefined: none was told of. */
  find(owner: string): GrantStage | undefined {
    return this.#told.get(owner)
  }
}
