import type { EtcdClient, Lease } from '../../../etcd/etcd-client.ts'
import type { KeyValue } from '../../../etcd/key-value.ts'
import { type Compare, type Operation, wasWrittenBy } from '../../../etcd/transaction.ts'
import { clockDifferenceMs } from '../../../schedule/clock-difference.ts'
import { type FleetKeyKind, fleetKeyOf } from '../../../fleet/fleet-keys.ts'
import { openFailure, sealFailure } from '../../../fleet/failure-record.ts'
import {
  encodeFleetRecord,
  parseGrantRecord,
  parseIntent,
  parseLock,
  parseTokenRecord,
} from '../../../fleet/fleet-records.ts'
import { openToken } from '../../../fleet/token-record.ts'
import type { Clock } from '../../../schedule/clock.ts'
import type { MasterKey } from '../../../sealing/master-key.ts'
import type { HeldLease, SharedChange, SharedKeys, SharedState, Sight } from '../shared-state.ts'
import { explained } from './engine-trouble.ts'

/** What an engine of etcd is asked by; the rest of the client is for others. */
export type EtcdCalls = Pick<
  EtcdClient,
  | 'getAll'
  | 'list'
  | 'transact'
  | 'grantLease'
  | 'findFaultyNodes'
  | 'endpoint'
  | 'clockAheadMs'
  | 'close'
>

/** Where the records are, and who this host is. */
export interface EtcdPlace {
  client: EtcdCalls
  /** Before every key; ends with a slash. */
  prefix: string
  /** The name of this host, as the others see it. */
  host: string
  /** Which run of its kernel: machines that were cloned may have one name. */
  boot: string
  clock: Clock
  /** Seals what hosts share, and tells it from what others write. */
  tokenKey: MasterKey
}

/** A lock outlives every job that begins under it. */
const leaseSeconds = 60
const leastLeftMs = 45_000
/** Two calls of a job fit into its deadline. */
export const callLimitMs = 8_000

const parts = ['grant', 'token', 'lock', 'intent', 'failure'] as const
type Part = (typeof parts)[number]

/** What hosts tell each other in etcd: one key for each part of an account. */
export class EtcdShared implements SharedState {
  readonly host: string
  readonly #place: EtcdPlace
  #lease: Promise<Lease> | undefined

  constructor(place: EtcdPlace) {
    this.host = place.host
    this.#place = place
  }

  get name(): string {
    return this.#place.client.endpoint
  }

  get clockAheadMs(): number {
    return clockDifferenceMs(this.#place.client.clockAheadMs)
  }

  async look(keys: SharedKeys): Promise<Sight> {
    const names = parts.map((part) => this.#key(part, keys))
    const { client, tokenKey } = this.#place
    const { kvs } = await explained(client.getAll(names, { limitMs: callLimitMs }))
    const [grant, token, lock, intent, failure] = kvs
    return {
      grant: seenGrant(grant),
      ...(token === undefined ? {} : seenToken(token, keys.user, tokenKey)),
      ...(lock === undefined || !isUnderLease(lock) ? {} : { lock: seenLock(lock, this.#place) }),
      ...(intent === undefined ? {} : { intent: seenIntent(intent, this.#place) }),
      ...(failure === undefined ? {} : seenFailure(failure, keys.owner, tokenKey)),
    }
  }

  /** One for all locks of some seconds: a new one where the old one has less than most of its life left. */
  async lease(): Promise<HeldLease> {
    const present = await this.#lease?.catch(() => undefined)
    if (present !== undefined && this.#leftMs(present) >= leastLeftMs) return this.#held(present)
    const asked = this.#place.client.grantLease(leaseSeconds, { limitMs: callLimitMs })
    this.#lease = asked
    return this.#held(await explained(asked))
  }

  async write(change: SharedChange): Promise<boolean> {
    const { client } = this.#place
    const transaction = { compare: this.#compares(change), success: this.#operations(change) }
    try {
      const { succeeded } = await explained(client.transact(transaction, { limitMs: callLimitMs }))
      return succeeded
    } catch (error) {
      // It may be the lease that is gone: the next lock has one of its own.
      if (change.put?.lock !== undefined) this.#lease = undefined
      throw error
    }
  }

  #compares(change: SharedChange): Compare[] {
    const { where } = change
    return parts.flatMap((part) => {
      if (part === 'failure' || !(part in where)) return []
      const [key, seen] = [this.#key(part, change), where[part]]
      if (part === 'lock' && seen === undefined) return isUnlocked(key)
      return wasWrittenBy(key, seen?.revision ?? '0')
    })
  }

  #operations(change: SharedChange): Operation[] {
    const { put = {}, remove = [] } = change
    const { host, boot, clock, tokenKey } = this.#place
    const at = clock.wallMs()
    const key = (part: Part) => this.#key(part, change)
    const { token, lock, intent, failure } = put
    return [
      ...remove.map((part) => ({ delete: key(part) })),
      ...(token === undefined ? [] : [{ put: key('token'), value: tokenValue(token, host, at) }]),
      ...(lock === undefined ? [] : [{ ...lockPut(lock, { host, boot }), put: key('lock') }]),
      ...(intent === undefined
        ? []
        : [{ put: key('intent'), value: intentValue(intent, { host, boot }, at) }]),
      ...(failure === undefined
        ? []
        : [{ put: key('failure'), value: failureValue(failure, change.owner, tokenKey) }]),
    ]
  }

  #key(part: FleetKeyKind, { owner, user }: SharedKeys): string {
    return fleetKeyOf(this.#place.prefix, part, part === 'token' ? user : owner)
  }

  #held(lease: Lease): HeldLease {
    return { id: lease.id, leftMs: () => this.#leftMs(lease) }
  }

  #leftMs({ seconds, requestedAtBootMs }: Lease): number {
    return requestedAtBootMs + seconds * 1_000 - this.#place.clock.bootMs()
  }
}

type Put = NonNullable<SharedChange['put']>

function tokenValue(
  { number: n, sealed }: NonNullable<Put['token']>,
  by: string,
  at: number,
): Buffer {
  return encodeFleetRecord({ n, by, at }, sealed)
}

type Named = Pick<EtcdPlace, 'host' | 'boot'>

function lockPut({ job, lease }: NonNullable<Put['lock']>, { host, boot }: Named) {
  return { value: encodeFleetRecord({ job, host, boot }), lease: lease.id }
}

function intentValue(
  { job, number: n }: NonNullable<Put['intent']>,
  { host, boot }: Named,
  at: number,
): Buffer {
  return encodeFleetRecord({ job, host, boot, at, n })
}

function failureValue(
  { number: n, untilMs: until, error }: NonNullable<Put['failure']>,
  owner: string,
  key: MasterKey,
): Buffer {
  return sealFailure(owner, { n, until, error }, key)
}

function seenGrant(kv: KeyValue | undefined): Sight['grant'] {
  if (kv === undefined) return { number: 0, revision: undefined }
  const { n = 0, job } = parseGrantRecord(kv.value) ?? {}
  return { number: n, revision: kv.modRevision, ...(job === undefined ? {} : { job }) }
}

/** One that cannot be opened has no number that counts: the next one takes its place. */
function seenToken(kv: KeyValue, user: string, key: MasterKey): Pick<Sight, 'token'> {
  const { n = 0, sealed = Buffer.of() } = parseTokenRecord(kv.value) ?? {}
  const isOpen = 'token' in openToken(user, { n, sealed }, key)
  return { token: { number: isOpen ? n : 0, sealed, revision: kv.modRevision } }
}

/**
 * True for a lock that ends. One without a lease would keep the account from all hosts for good: it was
 * copied from another engine ("etcdctl make-mirror" leaves leases out), or is somebody else's.
 */
function isUnderLease({ lease }: KeyValue): boolean {
  return lease !== '0'
}

/** Holds where there is no lock, and where there is one without a lease. */
function isUnlocked(key: string): Compare {
  return { key, target: 'lease', is: 'equal', revision: '0' }
}

/** What is there is believed, whatever is in it. */
function seenLock({ value, modRevision }: KeyValue, own: Named): NonNullable<Sight['lock']> {
  const lock = parseLock(value) ?? { job: '', host: 'unknown' }
  return { job: lock.job, host: shownHost(lock, own), revision: modRevision }
}

function seenIntent({ value, modRevision }: KeyValue, own: Named): NonNullable<Sight['intent']> {
  const intent = parseIntent(value) ?? { job: '', host: 'unknown', n: 0 }
  const { job, n } = intent
  return { job, host: shownHost(intent, own), number: n, revision: modRevision }
}

/** For people only: whose a claim is, its job says. */
function shownHost({ host, boot }: Partial<Named> & { host: string }, own: Named): string {
  const isOther = host === own.host && boot !== undefined && boot !== own.boot
  return isOther ? `${host} (another of that name, or before its last boot)` : host
}

function seenFailure(kv: KeyValue, owner: string, key: MasterKey): Pick<Sight, 'failure'> {
  const failure = openFailure(owner, kv.value, key)
  if (failure === undefined) return {}
  const { n, until, error } = failure
  return { failure: { number: n, untilMs: until, error, revision: kv.modRevision } }
}
