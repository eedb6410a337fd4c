import type { Lease } from '../../../../src/etcd/etcd-client.ts'
import { EtcdUnavailableError, EtcdUnknownError } from '../../../../src/etcd/etcd-error.ts'
import type { KeyValue } from '../../../../src/etcd/key-value.ts'
import type {
  Compare,
  Operation,
  OperationResult,
  Transaction,
} from '../../../../src/etcd/transaction.ts'
import type { EtcdCalls } from '../../../../src/renewer/store/etcd-engine/etcd-shared.ts'
import { type EngineWay, openWay } from '../call-fate.ts'

const endpoint = 'https://etcd.example:2379'
const trouble = (kind: 'slow' | 'unreachable') => ({
  kind,
  message: 'did not answer within 4 s',
  hint: 'check it',
})

/** A store of keys, revisions and leases as etcd's, in memory, by a clock of the test. */
export class MemoryEtcd {
  readonly keys = new Map<string, KeyValue>()
  readonly #bootMs: () => number
  readonly #leases = new Map<string, number>()
  #revision = 1
  #nextLease = 1

  constructor(bootMs: () => number) {
    this.#bootMs = bootMs
  }

  /** What a host asks it by. */
  client(way: EngineWay = openWay, clockAheadMs = 0): EtcdCalls {
    const call = async <T>(writes: boolean, act: () => T): Promise<T> => {
      const fate = await way(writes)
      if (fate === 'unavailable') throw new EtcdUnavailableError(endpoint, trouble('unreachable'))
      this.#expire()
      const result = act()
      if (fate === 'done' && (await way(false)) !== 'lost') return result
      throw writes
        ? new EtcdUnknownError(endpoint, trouble('slow'))
        : new EtcdUnavailableError(endpoint, trouble('slow'))
    }
    return {
      endpoint,
      clockAheadMs,
      getAll: (names) =>
        call(false, () => ({
          kvs: names.map((name) => this.keys.get(name)),
          revision: String(this.#revision),
        })),
      list: (prefix, onPage) =>
        call(false, () => {
          const names = [...this.keys.keys()].filter((name) => name.startsWith(prefix))
          const found = names.toSorted().flatMap((name) => this.keys.get(name) ?? [])
          if (found.length > 0) onPage(found)
          return { revision: String(this.#revision) }
        }),
      transact: (transaction) => call(true, () => this.#transact(transaction)),
      grantLease: (seconds) => {
        const requestedAtBootMs = this.#bootMs()
        return call(false, () => this.#grant(seconds, requestedAtBootMs))
      },
      findFaultyNodes: () => Promise.resolve([]),
      close: () => {},
    }
  }

  /** Puts bytes into the place of a key's, as somebody else. */
  overwrite(name: string, change: (value: Buffer) => Buffer): void {
    this.#apply({ put: name, value: change(this.keys.get(name)?.value ?? Buffer.of()) }, true)
  }

  /** The same of a key under a lease, which it stays under. */
  alter(name: string, change: (value: Buffer) => Buffer): void {
    const { value = Buffer.of(), lease = '0' } = this.keys.get(name) ?? {}
    this.#apply({ put: name, value: change(value), lease }, true)
  }

  /** Has all that is there be so again, when what comes back is called: as from a backup. */
  backUp(): () => void {
    const [keys, revision] = [new Map(this.keys), this.#revision]
    return () => {
      this.keys.clear()
      for (const [name, kv] of keys) this.keys.set(name, kv)
      this.#revision = revision
    }
  }

  #grant(seconds: number, requestedAtBootMs: number): Lease {
    const id = String(this.#nextLease++)
    this.#leases.set(id, this.#bootMs() + seconds * 1_000)
    return { id, seconds, requestedAtBootMs }
  }

  #expire(): void {
    for (const [name, { lease }] of this.keys) {
      const expiresAt = lease === '0' ? Number.POSITIVE_INFINITY : this.#leases.get(lease)
      if ((expiresAt ?? 0) <= this.#bootMs()) this.keys.delete(name)
    }
  }

  #transact({ compare, success, failure = [] }: Transaction) {
    const succeeded = compare.every((one) => this.#holds(one))
    const operations = succeeded ? success : failure
    if (operations.some((operation) => !('get' in operation))) this.#revision += 1
    const responses = operations.map((operation) => this.#apply(operation))
    return { succeeded, responses, revision: String(this.#revision) }
  }

  #holds(compare: Compare): boolean {
    const kv = this.keys.get(compare.key)
    if (compare.target === 'mod') return (kv?.modRevision ?? '0') === compare.revision
    // As in etcd, what is not there has none.
    if (compare.target === 'lease') return (kv?.lease ?? '0') === compare.revision
    if (compare.target === 'create') return (kv?.createRevision ?? '0') === compare.revision
    throw new Error(`not compared here: ${compare.target}`)
  }

  #apply(operation: Operation, isNew = false): OperationResult {
    if (isNew) this.#revision += 1
    if ('get' in operation) {
      const kv = this.keys.get(operation.get)
      return kv === undefined ? { deleted: 0 } : { kv, deleted: 0 }
    }
    if ('delete' in operation) return { deleted: this.keys.delete(operation.delete) ? 1 : 0 }
    const { put: key, value, lease = '0' } = operation
    const revision = String(this.#revision)
    const before = this.keys.get(key)
    this.keys.set(key, {
      key,
      value,
      modRevision: revision,
      createRevision: before?.createRevision ?? revision,
      version: String(Number(before?.version ?? 0) + 1),
      lease,
    })
    return { deleted: 0 }
  }
}
