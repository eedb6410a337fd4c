import { placeOfDescriptor } from '../../child-process/child-descriptors.ts'
import type { BridgeConfiguration } from '../../configuration/configuration.ts'
import { writeListenAddress } from '../../configuration/listen-address.ts'
import type { BridgeClients } from '../../messages/bridge-messages.ts'

/** How many programs are connected at each address, by the processes that accept there or have. */
export class ConnectedClients {
  readonly #byProcess = new Map<object, ReadonlyMap<string, number>>()

  /** What this process said last; `names` are the addresses of its listeners, in their order. */
  set(process: object, names: readonly string[], clients: readonly BridgeClients[]): void {
    const counts = clients.map(
      ({ descriptor, count }) => [names[placeOfDescriptor(descriptor)] ?? '', count] as const,
    )
    this.#byProcess.set(process, new Map(counts))
  }

  /** It is gone. */
  delete(process: object): void {
    this.#byProcess.delete(process)
  }

  /** By protocol, at these bridges; those of an outbox are not among them. */
  byProtocol(bridges: readonly BridgeConfiguration[]): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { protocol, listen, outbox } of bridges) {
      if (outbox !== undefined) continue
      const count = this.at(listen.map(writeListenAddress))
      counts.set(protocol, count + (counts.get(protocol) ?? 0))
    }
    return counts
  }

  /** At these addresses together. */
  at(addresses: readonly string[]): number {
    const counts = [...this.#byProcess.values()]
    return addresses
      .flatMap((address) => counts.map((count) => count.get(address) ?? 0))
      .reduce((sum, count) => sum + count, 0)
  }
}
