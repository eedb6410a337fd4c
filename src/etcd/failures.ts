import { type EtcdTroubleKind, EtcdUnavailableError, isTemporary } from './etcd-error.ts'
import type { AttemptError } from './gateway-request.ts'

/** What went wrong at each endpoint, of which an error tells the most telling. */
export class Failures {
  readonly #last = new Map<string, AttemptError>()

  add(endpoint: string, error: AttemptError): void {
    this.#last.set(endpoint, error)
  }

  /** True if waiting for a moment changes nothing at any of them. */
  get areLasting(): boolean {
    return this.#all.every(([, { trouble }]) => !passing.includes(trouble.kind))
  }

  /** True if all of these endpoints are nodes of a cluster that is not the one that was asked before. */
  areOfAnotherCluster(endpoints: readonly string[]): boolean {
    return endpoints.every((one) => this.#last.get(one)?.trouble.kind === 'other_cluster')
  }

  /** What says most about the engine: a node that is down says less than one without a leader. */
  get error(): EtcdUnavailableError | undefined {
    const [worst] = this.#all.toSorted(([, a], [, b]) => rank(b) - rank(a))
    return worst && new EtcdUnavailableError(worst[0], worst[1].trouble, worst[1].cause)
  }

  get #all(): [string, AttemptError][] {
    return [...this.#last]
  }
}

const passing: readonly EtcdTroubleKind[] = ['unreachable', 'slow', 'busy', 'no_leader']
/** The more telling, the later. */
const telling: readonly EtcdTroubleKind[] = [...passing, 'no_space']

function rank({ trouble: { kind } }: AttemptError): number {
  return isTemporary(kind) ? telling.indexOf(kind) : telling.length
}
