import { randomUUID } from 'node:crypto'
import { StoreLockedError } from '../../../src/errors.ts'
import type {
  Attempt,
  Engine,
  HeldRecord,
  Outcome,
  RecordKey,
  Stamp,
} from '../../../src/renewer/store/engine.ts'
import type { Revision } from '../../../src/renewer/store/revision.ts'
import type {
  HeldLease,
  SharedChange,
  SharedKeys,
  SharedState,
  Sight,
} from '../../../src/renewer/store/shared-state.ts'
import { addressHashOf } from '../../../src/sealing/address-hash.ts'
import { addressOf } from '../../../src/sealing/envelope.ts'
import { type EngineWay, openWay } from './call-fate.ts'

interface Row extends Omit<Sight, 'grant'> {
  lockUntil?: number
}

/**
 * What hosts share, with nothing of etcd in it: a row for each account as a database would have it, and
 * revisions that are not numbers.
 */
export class MemoryShared {
  readonly records = new Map<string, { sealed: Buffer; revision: string; stamp?: Stamp }>()
  readonly rows = new Map<string, Row>()
  readonly tokens = new Map<string, NonNullable<Sight['token']>>()
  readonly now: () => number

  constructor(now: () => number) {
    this.now = now
  }

  /** What is sealed of an account, and its number. */
  kept(part: 'grant' | 'token', user: string): { n: number; sealed: Buffer } | undefined {
    const record = this.records.get(nameOf({ user, kind: 'grant' }))
    const token = this.tokens.get(user)
    if (part === 'token') return token && { n: token.number, sealed: token.sealed }
    return record && { n: record.stamp?.number ?? 0, sealed: record.sealed }
  }

  /** Has all that is there be so again, when what comes back is called: as from a backup. */
  backUp(): () => void {
    const maps = [this.records, this.rows, this.tokens] as Map<string, unknown>[]
    const copies = maps.map((map) => [...map])
    return () => {
      for (const [index, map] of maps.entries()) {
        map.clear()
        for (const [name, value] of copies[index] ?? []) map.set(name, value)
      }
    }
  }

  /** The row of an account, without a lock that has expired. */
  rowOf(owner: string): Row {
    const { lockUntil = 0, lock, ...rest } = this.rows.get(owner) ?? {}
    return lock === undefined || lockUntil <= this.now() ? rest : { ...rest, lock, lockUntil }
  }
}

/** An engine of one host over it. */
export class MemoryEngine implements Engine {
  readonly shared: SharedState
  readonly #shared: MemoryShared
  readonly #way: EngineWay

  constructor(shared: MemoryShared, host: string, way: EngineWay = openWay, clockAheadMs = 0) {
    this.#shared = shared
    this.#way = way
    this.shared = {
      host,
      clockAheadMs,
      name: 'the memory of this test',
      look: (keys) => this.#read(() => this.#look(keys)),
      lease: () => this.#read(() => this.#lease()),
      write: (change) => this.#write(() => this.#change(change, host)),
    }
  }

  async list(users?: readonly string[]): Promise<HeldRecord[]> {
    const wanted = users && new Set(users.map(addressHashOf))
    return this.#read(() =>
      [...this.#shared.records].flatMap(([name, { sealed, revision, stamp }]) => {
        const [kind = '', addressHash = ''] = name.split(' ')
        if (wanted?.has(addressHash) === false) return []
        return {
          kind: kind as RecordKey['kind'],
          addressHash,
          place: name,
          user: addressOf(sealed),
          revision,
          ...(stamp === undefined ? {} : { stamp }),
          read: () => sealed,
        }
      }),
    )
  }

  begin(): Promise<void>
  begin(key: RecordKey): Promise<Attempt>
  async begin(key?: RecordKey): Promise<Attempt | void> {
    if (key === undefined) return undefined
    return { commit: (...words) => this.put(key, ...words), giveBack: () => {} }
  }

  put(key: RecordKey, sealed: Buffer, expected: Revision, stamp?: Stamp): Promise<Outcome> {
    return this.#write(() => {
      const { records } = this.#shared
      if (records.get(nameOf(key))?.revision !== expected) return 'superseded'
      const said = stamp === undefined ? {} : { stamp }
      records.set(nameOf(key), { sealed, revision: randomUUID(), ...said })
      return 'durable'
    })
  }

  remove(key: RecordKey, usedBy: readonly string[] = []): Promise<boolean> {
    return this.#write(() => {
      const { records, rows, tokens } = this.#shared
      if (key.kind === 'grant') {
        const { lock, lockUntil } = this.#shared.rowOf(key.user)
        rows.set(key.user, lock === undefined ? {} : { lock, lockUntil: lockUntil ?? 0 })
        for (const user of [key.user, ...usedBy]) tokens.delete(user)
      }
      return records.delete(nameOf(key))
    })
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #look({ owner, user }: SharedKeys): Sight {
    const { lockUntil: _until, ...row } = this.#shared.rowOf(owner)
    const held = this.#shared.records.get(nameOf({ user: owner, kind: 'grant' }))
    const token = this.#shared.tokens.get(user)
    const { number = 0, job } = held?.stamp ?? {}
    return {
      ...row,
      grant: { number, revision: held?.revision, ...(job === undefined ? {} : { job }) },
      ...(token === undefined ? {} : { token }),
    }
  }

  #lease(): HeldLease {
    const until = this.#shared.now() + 60_000
    return { id: String(until), leftMs: () => until - this.#shared.now() }
  }

  #change(change: SharedChange, host: string): boolean {
    const { owner, user, where, put = {}, remove = [] } = change
    const present: Partial<Sight> = this.#look(change)
    const parts = ['grant', 'token', 'lock', 'intent'] as const
    const isSame = parts.every(
      (part) => !(part in where) || where[part]?.revision === present[part]?.revision,
    )
    if (!isSame) return false
    const revision = randomUUID()
    const row = this.#shared.rowOf(owner)
    for (const part of remove) delete row[part]
    const { lock, intent, failure, token } = put
    if (lock !== undefined) {
      row.lock = { job: lock.job, host, revision }
      row.lockUntil = Number(lock.lease.id)
    }
    if (intent !== undefined) row.intent = { ...intent, host, revision }
    if (failure !== undefined) row.failure = { ...failure, revision }
    if (token !== undefined) this.#shared.tokens.set(user, { ...token, revision })
    this.#shared.rows.set(owner, row)
    return true
  }

  #read<T>(act: () => T): Promise<T> {
    return this.#call(false, act)
  }

  #write<T>(act: () => T): Promise<T> {
    return this.#call(true, act)
  }

  async #call<T>(writes: boolean, act: () => T): Promise<T> {
    const fate = await this.#way(writes)
    if (fate === 'unavailable') throw away()
    const result = act()
    if (fate === 'lost' || (await this.#way(false)) === 'lost') throw away()
    return result
  }
}

function nameOf({ user, kind }: RecordKey): string {
  return `${kind} ${addressHashOf(user)}`
}

function away(): StoreLockedError {
  return new StoreLockedError('the memory of this test did not answer')
}
