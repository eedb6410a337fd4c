import type { KeyValue } from '../../../etcd/key-value.ts'
import { type TransactionResult, wasWrittenBy } from '../../../etcd/transaction.ts'
import { addressHashIn, fleetKeyOf, folderOf } from '../../../fleet/fleet-keys.ts'
import { encodeFleetRecord, parseGrantRecord } from '../../../fleet/fleet-records.ts'
import { addressHashOf } from '../../../sealing/address-hash.ts'
import { addressOf, type RecordKind } from '../../../sealing/envelope.ts'
import type { Attempt, Engine, HeldRecord, Outcome, RecordKey, Stamp } from '../engine.ts'
import type { Revision } from '../revision.ts'
import { explained } from './engine-trouble.ts'
import { callLimitMs, type EtcdPlace, EtcdShared } from './etcd-shared.ts'

const kinds: readonly RecordKind[] = ['grant', 'unconfirmed']
/** More users than these are read by listing everybody. */
const mostAsked = 32
/** An engine's own limit is 128 in one transaction. */
const mostDeleted = 100
const limits = { limitMs: callLimitMs }

/** The records in etcd: a key each, which hosts share. Nothing is waited for: claims are asked before. */
export class EtcdEngine implements Engine {
  readonly shared: EtcdShared
  readonly #place: EtcdPlace

  constructor(place: EtcdPlace) {
    this.#place = place
    this.shared = new EtcdShared(place)
  }

  async list(users?: readonly string[]): Promise<HeldRecord[]> {
    if (users !== undefined && users.length <= mostAsked) return this.#get(users)
    const wanted = users && new Set(users.map(addressHashOf))
    const held: HeldRecord[] = []
    for (const kind of kinds) {
      await explained(
        this.#place.client.list(folderOf(this.#place.prefix, kind), (kvs) => {
          const records = kvs.map((kv) => this.#held(kind, kv))
          held.push(...records.filter(({ addressHash }) => wanted?.has(addressHash) ?? true))
        }),
      )
    }
    return held
  }

  begin(): Promise<void>
  begin(key: RecordKey): Promise<Attempt>
  async begin(key?: RecordKey): Promise<Attempt | void> {
    if (key === undefined) return undefined
    return {
      commit: (sealed, expected, stamp) => this.put(key, sealed, expected, stamp),
      giveBack: () => {},
    }
  }

  async put(
    key: RecordKey,
    sealed: Buffer,
    expected: Revision,
    stamp: Stamp = { number: 1, job: '' },
  ): Promise<Outcome> {
    // One of another engine, as a store that was moved has left it aside.
    if (expected !== undefined && !isRevision(expected)) return 'superseded'
    const { client, host, clock } = this.#place
    const { number: n, job } = stamp
    const name = this.#key(key)
    const value = encodeFleetRecord({ n, by: host, job, at: clock.wallMs() }, sealed)
    const transaction = {
      compare: [wasWrittenBy(name, expected ?? '0')],
      success: [{ put: name, value }],
    }
    const { succeeded } = await explained(client.transact(transaction, limits))
    return succeeded ? 'durable' : 'superseded'
  }

  /** The grant itself last, with what is shared of its account in one transaction. */
  async remove({ user, kind }: RecordKey, usedBy: readonly string[] = []): Promise<boolean> {
    const { prefix } = this.#place
    const others = usedBy.map((one) => fleetKeyOf(prefix, 'token', one))
    while (others.length > 0) await this.#delete(others.splice(0, mostDeleted))
    const beside = kind === 'grant' ? (['token', 'intent', 'failure'] as const) : []
    const keys = [kind, ...beside].map((part) => fleetKeyOf(prefix, part, user))
    const { responses } = await this.#delete(keys)
    return (responses[0]?.deleted ?? 0) > 0
  }

  #delete(keys: readonly string[]): Promise<TransactionResult> {
    const success = keys.map((key) => ({ delete: key }))
    return explained(this.#place.client.transact({ compare: [], success }, limits))
  }

  async close(): Promise<void> {
    this.#place.client.close()
  }

  async #get(users: readonly string[]): Promise<HeldRecord[]> {
    const keys = users.flatMap((user) => kinds.map((kind) => ({ user, kind })))
    if (keys.length === 0) return []
    const names = keys.map((key) => this.#key(key))
    const { kvs } = await explained(this.#place.client.getAll(names, limits))
    return keys.flatMap(({ kind }, index) => {
      const kv = kvs[index]
      return kv === undefined ? [] : this.#held(kind, kv)
    })
  }

  #held(kind: RecordKind, { key, value, modRevision }: KeyValue): HeldRecord {
    const { n, job, sealed = value } = parseGrantRecord(value) ?? {}
    const addressHash = addressHashIn(key)
    const address = addressOf(sealed)
    const isNamedSo = address !== undefined && addressHashOf(address) === addressHash
    return {
      kind,
      addressHash,
      place: `${this.#place.client.endpoint}${key}`,
      user: isNamedSo ? address : undefined,
      revision: modRevision,
      ...(n === undefined || job === undefined ? {} : { stamp: { number: n, job } }),
      read: () => sealed,
    }
  }

  #key({ user, kind }: RecordKey): string {
    return fleetKeyOf(this.#place.prefix, kind, user)
  }
}

function isRevision(text: string): boolean {
  return /^\d{1,19}$/.test(text.slice(0, 30))
}
