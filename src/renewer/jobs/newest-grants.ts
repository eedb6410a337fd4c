import { isNewer } from '../../accounts/newer-token.ts'
import type { GrantStage } from '../../messages/renewer-jobs.ts'

/** The newest grants that the daemon has told of since it gave the jobs: it hears of other hosts at any time. */
export class NewestGrants {
  readonly #told = new Map<string, GrantStage>()

  /** Takes note of a grant of an address. */
  note(owner: string, stage: GrantStage): void {
    if (isNewer(stage, this.#told.get(owner))) this.#told.set(owner, stage)
  }

  /** The newest one, where this is what was known when a job was given. */
  since(owner: string, known: GrantStage | undefined): GrantStage | undefined {
    const told = this.#told.get(owner)
    return told !== undefined && isNewer(told, known) ? told : known
  }
}
