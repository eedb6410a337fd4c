import { openFields, type Shape } from '../shapes/shape.ts'
import { findCompactRevision } from './compact-revision.ts'
import { type EngineStatus, engineStatusOf, statusShape } from './engine-status.ts'
import { EtcdError, type EtcdTroubleKind } from './etcd-error.ts'
import { findFaultyNodes } from './faulty-nodes.ts'
import { type Call, type CallLimits, Gateway, statusPath } from './gateway.ts'
import type { WireAnswer } from './gateway-answer.ts'
import type { EtcdTls } from './gateway-request.ts'
import { base64, countFromOne, endOfPrefix, type KeyValue } from './key-value.ts'
import { keyAfter, type Page, pageOf, type PageQuery, shapeOfPage } from './page.ts'
import { type Access, accessesOf, withMissingRight } from './missing-right.ts'
import type { Right } from './permission-trouble.ts'
import { RenewedTls } from './renewed-tls.ts'
import type { EtcdCredentials } from './session.ts'
import {
  onlyReads,
  type Transaction,
  shapeOfResult,
  transactionResultOf,
  type TransactionResult,
  transactionToWire,
} from './transaction.ts'
import { GatewayWatch, type Watch, type WatchEnd, type WatchSink } from './watch.ts'

/** Where an engine is, and who this host is there. */
export interface EtcdClientOptions {
  /** `https://HOST:PORT`, in the order in which they are asked. */
  endpoints: readonly string[]
  tls: EtcdTls
  /** The same as its files are now: asked after a failure that may be about them; absent: they stay. */
  readTls?: () => Promise<EtcdTls>
  credentials?: EtcdCredentials
  /** Which right the user needs for a key; absent: an error does not name it. */
  rightOf?: (key: string) => Right
  /** Ms since boot, counting on through suspend: leases expire by it. */
  bootMs: () => number
}

/** A lease as it was granted. */
export interface Lease {
  id: string
  /** How long it lives at least, counted from `requestedAtBootMs`: no more than was asked for. */
  seconds: number
  /** Before the request: no engine has counted from an earlier moment. */
  requestedAtBootMs: number
}

interface WireLease {
  ID: string
  TTL: string
}

/** With lease 0 a key would be under none, and stay for good. */
const leaseShape: Shape<WireLease> = openFields<WireLease>({ ID: countFromOne, TTL: countFromOne })
const tooMuch: readonly EtcdTroubleKind[] = ['too_large', 'too_long']
/** A quarter of a megabyte of records: pages are garbage at once, and a large one has the heap grow. */
const pageRecords = 32

/**
 * An engine of etcd 3.4 or newer, by its JSON gateway. Every method throws EtcdRefusedError or
 * EtcdUnavailableError where nothing was done, and EtcdUnknownError where something may have been; only
 * writes do that. Whatever reading the password throws goes through.
 */
export class EtcdClient {
  readonly #gateway: Gateway
  readonly #endpoints: readonly string[]
  readonly #way: RenewedTls
  readonly #bootMs: () => number
  readonly #explain: (error: unknown, accesses: readonly Access[]) => Promise<unknown>

  constructor({ endpoints, tls, readTls, credentials, bootMs, rightOf }: EtcdClientOptions) {
    const way = new RenewedTls(tls, readTls)
    const gateway = new Gateway(endpoints, way, credentials)
    this.#gateway = gateway
    this.#endpoints = endpoints
    this.#way = way
    this.#bootMs = bootMs
    const user = credentials?.user
    this.#explain = (error, accesses) =>
      withMissingRight(error, accesses, { gateway, user, rightOf })
  }

  /** The endpoint that is asked next. */
  get endpoint(): string {
    return this.#gateway.endpoint
  }

  /** How many ms this host's clock is ahead of the engine's by its last answer, in whole seconds. */
  get clockAheadMs(): number | undefined {
    return this.#gateway.clockAheadMs
  }

  /** The newest version of a key (linearizable); undefined where there is none. */
  async get(key: string, limits?: CallLimits): Promise<KeyValue | undefined> {
    const { kvs } = await this.getAll([key], limits)
    return kvs[0]
  }

  /** The newest versions of some keys at one moment (linearizable). */
  async getAll(
    keys: readonly string[],
    limits?: CallLimits,
  ): Promise<{ kvs: (KeyValue | undefined)[]; revision: string }> {
    const success = keys.map((key) => ({ get: key }))
    const { responses, revision } = await this.transact({ compare: [], success }, limits)
    return { kvs: responses.map(({ kv }) => kv), revision }
  }

  /**
   * All keys with a prefix, in order, as they were at one revision; `onPage` has them as they come.
   * @throws EtcdRefusedError also where that revision was compacted meanwhile (`compacted`): list again
   */
  async list(
    prefix: string,
    onPage: (kvs: KeyValue[]) => void,
    limits?: CallLimits,
  ): Promise<{ revision: string }> {
    const end = base64(endOfPrefix(prefix))
    const access: Access = { does: 'read', key: prefix, isPrefix: true }
    let [key, revision, limit] = [base64(prefix), '0', pageRecords]
    for (;;) {
      const query = { key, range_end: end, limit: String(limit), revision }
      const page = await this.#page(query, access, limits).catch((error: unknown) => {
        const isTooLarge = error instanceof EtcdError && tooMuch.includes(error.trouble)
        if (!isTooLarge || limit === 1) throw error
        return undefined
      })
      if (page === undefined) {
        limit = Math.ceil(limit / 8)
        continue
      }
      if (revision === '0') ({ revision } = page)
      if (page.kvs.length > 0) onPage(page.kvs)
      if (page.lastKey === undefined || page.isLast) return { revision }
      key = base64(keyAfter(page.lastKey))
    }
  }

  /** Does one branch whole, or nothing. What only reads is tried again where it fails. */
  async transact(transaction: Transaction, limits?: CallLimits): Promise<TransactionResult> {
    const call = {
      path: '/v3/kv/txn',
      body: transactionToWire(transaction),
      shape: shapeOfResult(transaction),
      isRepeatable: onlyReads(transaction),
    }
    const answer = await this.#ask(call, accessesOf(transaction), limits)
    return transactionResultOf(answer)
  }

  /** A lease of at least so many seconds. One whose answer was lost expires on its own. */
  async grantLease(seconds: number, limits?: CallLimits): Promise<Lease> {
    const requestedAtBootMs = this.#bootMs()
    const body = { TTL: String(seconds) }
    // A second try makes another lease: the time counts from before the first.
    const call = { path: '/v3/lease/grant', body, shape: leaseShape, isRepeatable: true }
    const { ID, TTL } = await this.#gateway.call(call, limits)
    return { id: ID, seconds: Math.min(Number(TTL), seconds), requestedAtBootMs }
  }

  /**
   * Watches all keys with a prefix on one connection, from a revision on. A connection that is cut off
   * silently says nothing: make it again every 30 s, from `nextRevision`.
   */
  watch(prefix: string, fromRevision: string, sink: WatchSink): Watch {
    const range = { key: base64(prefix), range_end: base64(endOfPrefix(prefix)) }
    const explained = (end: WatchEnd) => {
      if (end.kind !== 'failed') return sink.ended(end)
      const access: Access = { does: 'read', key: prefix, isPrefix: true }
      void this.#explain(end.error, [access]).then((error) =>
        sink.ended({ kind: 'failed', error: error as Error }),
      )
    }
    return new GatewayWatch(this.#gateway, range, fromRevision, { ...sink, ended: explained })
  }

  /** How the node is that is asked next. */
  async status(limits?: CallLimits): Promise<EngineStatus> {
    const call = { path: statusPath, body: {}, shape: statusShape }
    const answer = await this.#gateway.call({ ...call, isRepeatable: true, isOfNode: true }, limits)
    return engineStatusOf(this.endpoint, answer)
  }

  /** What is wrong with single nodes; of a single one nothing but what all calls say. */
  async findFaultyNodes(): Promise<EtcdError[]> {
    const endpoints = this.#endpoints
    return endpoints.length > 1 ? findFaultyNodes(endpoints, this.#way.tls, this.endpoint) : []
  }

  /** The oldest revision of which the engine has history, '0' where it has all; by a key that may be read. */
  compactRevision(key: string, limits?: Pick<CallLimits, 'limitMs'>): Promise<string> {
    return findCompactRevision(this.#gateway, key, limits)
  }

  /** Closes what waits for the next request; watches are closed by their own `close`. */
  close(): void {
    this.#gateway.close()
  }

  async #ask<T extends object>(
    call: Call<T>,
    accesses: readonly Access[],
    limits?: CallLimits,
  ): Promise<T & WireAnswer> {
    try {
      return await this.#gateway.call(call, limits)
    } catch (error) {
      throw await this.#explain(error, accesses)
    }
  }

  async #page(body: PageQuery, access: Access, limits?: CallLimits): Promise<Page> {
    const call = { path: '/v3/kv/range', body, shape: shapeOfPage(body), isRepeatable: true }
    return pageOf(await this.#ask(call, [access], limits), body)
  }
}
