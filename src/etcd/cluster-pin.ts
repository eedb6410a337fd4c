import { AttemptError } from './gateway-request.ts'
import { troubleOf } from './trouble.ts'

/**
 * The cluster that the endpoints are nodes of: the one of the first answer. A node that was set up again by
 * itself has another, empty store, which must not be read for ours, and written to least of all.
 */
export class ClusterPin {
  /** That of the first answer, and who gave it. */
  #first: { id: string; endpoint: string } | undefined
  readonly #proven = new Set<string>()

  /**
   * Has an endpoint say what it is, before anything is written there and before another one than that of the
   * first answer is believed in what it refuses. @throws AttemptError: nothing was done
   */
  async prove(endpoint: string, isWrite: boolean, ask: () => Promise<unknown>): Promise<void> {
    if (this.#proven.has(endpoint) || (this.#first === undefined && !isWrite)) return
    try {
      await ask()
    } catch (error) {
      if (!(error instanceof AttemptError) || error.fate !== 'unknown') throw error
      throw new AttemptError(error.trouble, 'not_done', error.cause)
    }
  }

  /** Takes what an endpoint says of itself. @throws AttemptError where that is another cluster */
  take(endpoint: string, id: string): void {
    this.#first ??= { id, endpoint }
    if (this.#first.id !== id) {
      this.#proven.delete(endpoint)
      throw new AttemptError(troubleOf('other_cluster', this.#first.endpoint), 'unknown')
    }
    this.#proven.add(endpoint)
  }

  /** The endpoint failed: the next one there may be another node. */
  doubt(endpoint: string): void {
    this.#proven.delete(endpoint)
  }

  /** All of them are of another one by now, as after a restore: that is ours. */
  forget(): void {
    this.#first = undefined
    this.#proven.clear()
  }
}
