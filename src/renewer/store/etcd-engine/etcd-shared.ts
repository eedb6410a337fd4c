import type { EtcdClient, Lease } from '../../../etcd/etcd-client.ts'
import type { KeyValue } from '../../../etcd/key-value.ts'
import { type Compare, type Operation, wasWrittenBy } from '../../../etcd/transaction.ts'
import { clockDifferenceMs } from '../../../fleet/clock-difference.ts'
import { type FleetKeyKind, fleetKeyOf } from '../../../fleet/fleet-keys.ts'
import {
  encodeFleetRecord,
  parseFailure,
  parseGrantRecord,
  parseIntent,
  parseLock,
  parseTokenRecord,
} from '../../../fleet/fleet-records.ts'
import type { Clock } from '../../../schedule/clock.ts'
import type { HeldLease, SharedChange, SharedKeys, SharedState, Sight } from '../shared-state.ts'
import { explained } from './engine-trouble.ts'

/** What an engine of etcd is asked by; the rest of the client is for others. */
export type EtcdCalls = Pick<
  EtcdClient,
  'getAll' | 'list' | 'transact' | 'grantLease' | 'endpoint' | 'clockAheadMs' | 'close'
>

/** Where the records are, and who this host is. */
export interface EtcdPlace {
  client: EtcdCalls
  /** Before every key; ends with a slash. */
  prefix: string
  /** The name of this host, as the others see it. */
  host: string
  clock: Clock
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
    const { client } = this.#place
    const { kvs } = await explained(client.getAll(names, { limitMs: callLimitMs }))
    const [grant, token, lock, intent, failure] = kvs
    return {
      grant: seenGrant(grant),
      ...(token === undefined ? {} : seenToken(token)),
      ...(lock === undefined ? {} : { lock: seenLock(lock) }),
      ...(intent === undefined ? {} : { intent: seenIntent(intent) }),
      ...(failure === undefined ? {} : seenFailure(failure)),
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

  /** Has the next lock have a lease of its own. */
  forgetLease(): void {
    this.#lease = undefined
  }

  async write(change: SharedChange): Promise<boolean> {
    const { client } = this.#place
    const transaction = { compare: this.#compares(change), success: this.#operations(change) }
    try {
      const { succeeded } = await explained(client.transact(transaction, { limitMs: callLimitMs }))
      return succeeded
    } catch (error) {
      // It may be the lease that is gone.
      if (change.put?.lock !== undefined) this.forgetLease()
      throw error
    }
  }

  #compares(change: SharedChange): Compare[] {
    const { where } = change
    return parts.flatMap((part) => {
      if (part === 'failure' || !(part in where)) return []
      return wasWrittenBy(this.#key(part, change), where[part]?.revision ?? '0')
    })
  }

  #operations(change: SharedChange): Operation[] {
    const { put = {}, remove = [] } = change
    const { host, clock } = this.#place
    const at = clock.wallMs()
    const key = (part: Part) => this.#key(part, change)
    const { token, lock, intent, failure } = put
    return [
      ...remove.map((part) => ({ delete: key(part) })),
      ...(token === undefined ? [] : [{ put: key('token'), value: tokenValue(token, host, at) }]),
      ...(lock === undefined ? [] : [{ ...lockPut(lock, host), put: key('lock') }]),
      ...(intent === undefined
        ? []
        : [{ put: key('intent'), value: intentValue(intent, host, at) }]),
      ...(failure === undefined ? [] : [{ put: key('failure'), value: failureValue(failure) }]),
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

function lockPut({ job, lease }: NonNullable<Put['lock']>, host: string) {
  return { value: encodeFleetRecord({ job, host }), lease: lease.id }
}

function intentValue(
  { job, number: n }: NonNullable<Put['intent']>,
  host: string,
  at: number,
): Buffer {
  return encodeFleetRecord({ job, host, at, n })
}

function failureValue({ number: n, untilMs: until, error }: NonNullable<Put['failure']>): Buffer {
  return encodeFleetRecord({ n, until, error })
}

function seenGrant(kv: KeyValue | undefined): Sight['grant'] {
  if (kv === undefined) return { number: 0, revision: undefined }
  const { n = 0, job } = parseGrantRecord(kv.value) ?? {}
  return { number: n, revision: kv.modRevision, ...(job === undefined ? {} : { job }) }
}

/** One that cannot be read is another version's, or torn: the next one takes its place. */
function seenToken(kv: KeyValue): Pick<Sight, 'token'> {
  const { n = 0, sealed = Buffer.of() } = parseTokenRecord(kv.value) ?? {}
  return { token: { number: n, sealed, revision: kv.modRevision } }
}

/** What is there is believed, whatever is in it. */
function seenLock({ value, modRevision }: KeyValue): NonNullable<Sight['lock']> {
  const { job, host } = parseLock(value) ?? { job: '', host: 'unknown' }
  return { job, host, revision: modRevision }
}

function seenIntent({ value, modRevision }: KeyValue): NonNullable<Sight['intent']> {
  const { job, host, n } = parseIntent(value) ?? { job: '', host: 'unknown', n: 0 }
  return { job, host, number: n, revision: modRevision }
}

function seenFailure({ value, modRevision }: KeyValue): Pick<Sight, 'failure'> {
  const failure = parseFailure(value)
  if (failure === undefined) return {}
  const { n, until, error } = failure
  return { failure: { number: n, untilMs: until, error, revision: modRevision } }
}
