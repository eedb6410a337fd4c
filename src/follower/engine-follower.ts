import { setTimeout as pause } from 'node:timers/promises'
import { isCmsOauthError } from '../errors.ts'
import { EtcdRefusedError } from '../etcd/etcd-error.ts'
import type { WatchEnd } from '../etcd/watch.ts'
import { clockDifferenceMs } from '../schedule/clock-difference.ts'
import { explainEngine } from '../fleet/engine-error.ts'
import { folderOf, metaKeyOf } from '../fleet/fleet-keys.ts'
import { requireKeys } from '../fleet/meta.ts'
import type { EngineState, FromFollower } from '../messages/follower-messages.ts'
import { backOffMs } from '../schedule/back-off.ts'
import { runningMs } from '../schedule/clock.ts'
import { errorToWire } from '../shapes/wire-error.ts'
import type { EngineSession } from './engine-session.ts'
import { TokenRecords } from './token-records.ts'

interface FollowerOptions {
  /** Made again after each failure: certificates and key may have been replaced. */
  open: () => Promise<EngineSession>
  send: (message: FromFollower) => void
  /** Told of what nobody expected; it goes on all the same. */
  onFault: (error: unknown) => void
  now?: () => number
  /** A watch on a connection that was cut off silently says nothing any more: it is made again so often. */
  watchMs?: number
  pauses?: { shortestMs: number; longestMs: number }
}

const compactionIntervalMs = 10 * 60_000
const nodesIntervalMs = 60_000

/** Keeps what the daemon knows of shared tokens as it is in the engine, through all that happens to that. */
export class EngineFollower {
  readonly #options: Required<FollowerOptions>
  #records: TokenRecords | undefined
  #session: EngineSession | undefined
  /** The revision that the next watch begins with; undefined: all must be listed first. */
  #nextRevision: string | undefined
  /** The newest revision that the engine has shown: it is older than that where it was restored. */
  #newestRevision = 0n
  #endWatch = (): void => {}
  #isClosed = false
  #state: EngineState = { isReachable: false, isListed: false }
  #compactionAskedAtMs = Number.NEGATIVE_INFINITY
  #nodesAskedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: FollowerOptions) {
    const pauses = { shortestMs: 1_000, longestMs: 10_000 }
    this.#options = { now: Date.now, watchMs: 30_000, pauses, ...options }
  }

  /** Tells of the tokens of these users from now on, beginning with all that are there. */
  follow(users: readonly string[]): void {
    const { send, now } = this.#options
    const isFirst = this.#records === undefined
    const clockAheadMs = () => clockDifferenceMs(this.#session?.client.clockAheadMs)
    this.#records = new TokenRecords({ users, send, now, clockAheadMs })
    this.#nextRevision = undefined
    this.#endWatch()
    if (isFirst) void this.#run()
  }

  /** Ends the watch, and tells nothing more. */
  close(): void {
    this.#isClosed = true
    this.#endWatch()
    this.#session?.client.close()
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#isClosed;) {
      try {
        const isInOrder = await this.#followOnce()
        failures = isInOrder ? 0 : failures + 1
        // To list once more at once is right after a compaction; again and again it is not.
        if (failures > 1) await this.#pause(failures)
      } catch (error) {
        if (this.#isClosed) return
        this.#fail(error)
        failures += 1
        await this.#pause(failures)
      }
    }
  }

  async #pause(failures: number): Promise<void> {
    await pause(backOffMs(failures, undefined, Math.random, this.#options.pauses))
  }

  /** False where all must be listed again. */
  async #followOnce(): Promise<boolean> {
    this.#session ??= await this.#options.open()
    const session = this.#session
    await this.#check(session)
    if (this.#nextRevision === undefined) await this.#list(session)
    const end = await this.#watch(session)
    // What the engine refuses may be the revision, which nothing but a list can fix.
    const isRefused = end.kind === 'failed' && end.error instanceof EtcdRefusedError
    if (isRefused || end.kind === 'compacted' || end.kind === 'behind') {
      this.#nextRevision = undefined
    }
    if (end.kind === 'failed') throw end.error
    return end.kind === 'closed'
  }

  /** A read that most nodes agree on, the keys, the clock, and how the node is. */
  async #check(session: EngineSession): Promise<void> {
    const { client, key, prefix, place } = session
    const meta = await client.get(metaKeyOf(prefix))
    if (meta !== undefined) requireKeys(meta.value, { tokenKeyId: key.id }, place)
    const { clockAheadMs } = client
    const { dbSizeInUseBytes, hasLeader: _, isLeader: __, ...status } = await client.status()
    this.#tell({
      ...this.#state,
      ...status,
      isReachable: true,
      dbInUseBytes: dbSizeInUseBytes,
      ...(clockAheadMs === undefined ? {} : { clockAheadMs }),
    })
    if (meta !== undefined) this.#askCompaction({ client, prefix })
    this.#askNodes(session)
  }

  async #list({ client, key, prefix }: EngineSession): Promise<void> {
    const records = this.#records
    records?.beginList()
    const { revision } = await client.list(folderOf(prefix, 'token'), (page) => {
      for (const each of page) records?.take(each, key, false)
    })
    // Others are wanted by now: they are listed next.
    if (records === undefined || records !== this.#records) return
    this.#nextRevision = String(BigInt(revision) + 1n)
    const isOlder = BigInt(revision) < this.#newestRevision
    this.#newestRevision = BigInt(revision)
    const absent = records.endList()
    this.#options.send({ type: 'listed', absent, ...(isOlder ? { isOlder } : {}) })
    this.#tell({ ...this.#state, isListed: true })
  }

  #watch({ client, key, prefix }: EngineSession): Promise<WatchEnd> {
    const records = this.#records
    const from = this.#nextRevision
    if (records === undefined || from === undefined || this.#isClosed)
      return Promise.resolve({ kind: 'closed' })
    return new Promise((resolve) => {
      const watch = client.watch(folderOf(prefix, 'token'), from, {
        created: () => this.#noteSound(),
        event: ({ type, kv }) =>
          type === 'put' ? records.take(kv, key, true) : records.drop(kv.key),
        ended: (end) => {
          clearTimeout(timer)
          // Whoever has asked for others meanwhile is told of all of them.
          if (this.#nextRevision !== undefined) this.#nextRevision = watch.nextRevision
          this.#newestRevision = max(this.#newestRevision, BigInt(watch.nextRevision) - 1n)
          resolve(end)
        },
      })
      this.#endWatch = () => watch.close()
      const timer = setTimeout(() => watch.close(), this.#options.watchMs)
    })
  }

  /** What the gateway lets one see of it costs a connection: it is asked rarely, and waited for by nobody. */
  #askCompaction({ client, prefix }: Pick<EngineSession, 'client' | 'prefix'>): void {
    if (runningMs() - this.#compactionAskedAtMs < compactionIntervalMs) return
    this.#compactionAskedAtMs = runningMs()
    client.compactRevision(metaKeyOf(prefix)).then(
      (compactRevision) => this.#tell({ ...this.#state, compactRevision }),
      () => {}, // The next check tells what is wrong.
    )
  }

  /** One that is down is not missed before another one is, too. */
  #askNodes({ client }: EngineSession): void {
    if (runningMs() - this.#nodesAskedAtMs < nodesIntervalMs) return
    this.#nodesAskedAtMs = runningMs()
    client.findFaultyNodes().then(
      (faults) => {
        const faultyNodes = faults.map(explainEngine).filter(isCmsOauthError).map(errorToWire)
        this.#tell({ ...this.#state, faultyNodes })
      },
      (error: unknown) => this.#options.onFault(error),
    )
  }

  #fail(thrown: unknown): void {
    const error = explainEngine(thrown)
    // What is wrong with the keys is known from an answer.
    const isReachable = this.#session !== undefined && isCmsOauthError(thrown)
    this.#session?.client.close()
    this.#session = undefined
    if (!isCmsOauthError(error)) return this.#options.onFault(error)
    this.#tell({ ...this.#state, isReachable, error: errorToWire(error) })
  }

  /** All that a host needs of the engine works: what was wrong before is over. */
  #noteSound(): void {
    if (this.#state.error !== undefined) this.#tell({ ...this.#state, error: undefined })
  }

  #tell(state: Omit<EngineState, 'error'> & { error?: EngineState['error'] | undefined }): void {
    const { error, ...rest } = state
    const { lagMs } = this.#records ?? {}
    this.#state = {
      ...rest,
      ...(error === undefined ? {} : { error }),
      ...(lagMs === undefined ? {} : { lagMs }),
    }
    this.#options.send({ type: 'engine', state: this.#state })
  }
}

function max(one: bigint, other: bigint): bigint {
  return one > other ? one : other
}
