import type { BridgeConnections } from '../../messages/bridge-messages.ts'

/** Which processes have which connections open to mail servers, as they told last. */
export class UpstreamConnections {
  readonly #byProcess = new Map<object, readonly BridgeConnections[]>()

  /** What this process has now. */
  set(process: object, connections: readonly BridgeConnections[]): void {
    this.#byProcess.set(process, connections)
  }

  /** It is gone. */
  delete(process: object): void {
    this.#byProcess.delete(process)
  }

  /** How many each account has in all. */
  byUser(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { user, count } of [...this.#byProcess.values()].flat()) {
      counts.set(user, (counts.get(user) ?? 0) + count)
    }
    return counts
  }

  /** How many an account has by one protocol. */
  of({ user, protocol }: Pick<BridgeConnections, 'user' | 'protocol'>): number {
    return [...this.#byProcess.values()]
      .flat()
      .filter((each) => each.user === user && each.protocol === protocol)
      .reduce((sum, { count }) => sum + count, 0)
  }

  /** What all others have, each account and protocol once. */
  besides(process: object): BridgeConnections[] {
    const sums = new Map<string, BridgeConnections>()
    const others = [...this.#byProcess].filter(([each]) => each !== process)
    for (const one of others.flatMap(([, connections]) => connections)) {
      const key = `${one.protocol} ${one.user}`
      sums.set(key, { ...one, count: one.count + (sums.get(key)?.count ?? 0) })
    }
    return [...sums.values()]
  }
}
