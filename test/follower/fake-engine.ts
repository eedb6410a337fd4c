import type { TestContext } from 'node:test'
import { EtcdUnavailableError } from '../../src/etcd/etcd-error.ts'
import type { KeyValue } from '../../src/etcd/key-value.ts'
import type { WatchEnd, WatchSink } from '../../src/etcd/watch.ts'
import { encodeFleetRecord } from '../../src/fleet/fleet-records.ts'
import { fleetKeyOf, metaKeyOf } from '../../src/fleet/fleet-keys.ts'
import { type Meta, metaOf } from '../../src/fleet/meta.ts'
import { sealToken, type SharedToken } from '../../src/fleet/token-record.ts'
import { EngineFollower } from '../../src/follower/engine-follower.ts'
import type { EngineSession } from '../../src/follower/engine-session.ts'
import type { FromFollower } from '../../src/messages/follower-messages.ts'
import type { MasterKey } from '../../src/sealing/master-key.ts'

export const prefix = '/test/'
export const key: MasterKey = { bytes: Buffer.alloc(32, 1), id: '0'.repeat(16) }
export const now = 1_800_000_000_000

/** A token as hosts share it. */
export function sharedToken(changes: Partial<SharedToken> = {}): SharedToken {
  return {
    accessToken: 'canary-access',
    fingerprint: 'f',
    expiresAt: now + 3_600_000,
    lifetimeMs: 3_600_000,
    scopes: ['mail'],
    isDurable: true,
    number: 1,
    signedInAt: now - 1_000,
    ...changes,
  }
}

interface Fault {
  get?: Error
  status?: Error
  list?: Error
}

/** An engine in memory: what it holds, who watches, and what goes wrong with it. */
export class FakeEngine {
  readonly keys = new Map<string, KeyValue>()
  readonly calls: string[] = []
  fault: Fault = {}
  clockAheadMs = 0
  faultyNodes: EtcdUnavailableError[] = []
  revision = 10n
  #sink: WatchSink | undefined
  #next = 0n

  put(at: string, value: Buffer): void {
    const modRevision = String(++this.revision)
    const kv: KeyValue = {
      key: at,
      value,
      modRevision,
      createRevision: modRevision,
      version: '1',
      lease: '0',
    }
    this.keys.set(at, kv)
    this.#sink?.event({ type: 'put', kv })
    this.#next = this.revision + 1n
  }

  putToken(
    user: string,
    token: SharedToken,
    { at = now, by = 'other', sealedBy = key } = {},
  ): void {
    const sealed = sealToken(user, token, sealedBy)
    this.put(
      fleetKeyOf(prefix, 'token', user),
      encodeFleetRecord({ n: token.number, by, at }, sealed),
    )
  }

  putMeta(tokenKeyId = key.id, changes: Partial<Meta> = {}): void {
    const meta = { ...metaOf({ grantKeyId: 'g', tokenKeyId }), ...changes }
    this.put(metaKeyOf(prefix), encodeFleetRecord(meta))
  }

  remove(user: string): void {
    const at = fleetKeyOf(prefix, 'token', user)
    const kv = this.keys.get(at)
    this.keys.delete(at)
    if (kv !== undefined) this.#sink?.event({ type: 'delete', kv })
  }

  /** Ends the watch that is open, as an engine does. */
  endWatch(end: WatchEnd): void {
    this.#sink?.ended(end)
    this.#sink = undefined
  }

  get isWatched(): boolean {
    return this.#sink !== undefined
  }

  session(): EngineSession {
    const { keys, calls } = this
    const fail = (what: keyof Fault) => {
      calls.push(what)
      const error = this.fault[what]
      if (error !== undefined) throw error
    }
    const client: EngineSession['client'] = {
      endpoint: 'https://etcd1:2379',
      clockAheadMs: this.clockAheadMs,
      get: async (at) => {
        fail('get')
        return Promise.resolve(keys.get(at))
      },
      list: async (under, onPage) => {
        fail('list')
        onPage([...keys.values()].filter((kv) => kv.key.startsWith(under)))
        return Promise.resolve({ revision: String(this.revision) })
      },
      status: async () => {
        fail('status')
        return Promise.resolve({
          endpoint: 'https://etcd1:2379',
          version: '3.5.16',
          dbSizeBytes: 20,
          dbSizeInUseBytes: 10,
          revision: String(this.revision),
          hasLeader: true,
          isLeader: true,
          alarms: [],
        })
      },
      watch: (_under, from, sink) => {
        calls.push(`watch ${from}`)
        this.#sink = sink
        this.#next = BigInt(from)
        queueMicrotask(() => sink.created(String(this.revision)))
        const nextRevision = () => String(this.#next)
        return {
          get nextRevision() {
            return nextRevision()
          },
          close: () => {
            if (this.#sink === sink) this.endWatch({ kind: 'closed' })
          },
        }
      },
      compactRevision: () => Promise.resolve('7'),
      findFaultyNodes: () => Promise.resolve(this.faultyNodes),
      close: () => void calls.push('close'),
    }
    return { client, key, prefix, place: '"/test/" of etcd' }
  }
}

/** A follower of it, and what it says. */
export function follow(
  t: TestContext,
  engine: FakeEngine,
  users: readonly string[],
  watchMs = 60_000,
) {
  const told: FromFollower[] = []
  const faults: unknown[] = []
  const waiting: (() => void)[] = []
  const follower = new EngineFollower({
    open: () => Promise.resolve(engine.session()),
    send: (message) => {
      told.push(message)
      for (const look of waiting) look()
    },
    onFault: (error) => void faults.push(error),
    now: () => now,
    watchMs,
    pauses: { shortestMs: 1, longestMs: 2 },
  })
  t.after(() => follower.close())
  follower.follow(users)
  /** Resolves with the first message that is so, also one of before. */
  const until = <T extends FromFollower['type']>(
    type: T,
    isWanted: (message: Extract<FromFollower, { type: T }>) => boolean = () => true,
  ) =>
    new Promise<Extract<FromFollower, { type: T }>>((resolve) => {
      const look = () => {
        const found = told.find(
          (message): message is Extract<FromFollower, { type: T }> =>
            message.type === type && isWanted(message as Extract<FromFollower, { type: T }>),
        )
        if (found !== undefined) resolve(found)
      }
      waiting.push(look)
      look()
    })
  return { follower, told, faults, until }
}

/** What an engine that cannot be reached makes of a call. */
export function away(): EtcdUnavailableError {
  const trouble = { kind: 'unreachable', message: 'cannot be reached', hint: 'wait' } as const
  return new EtcdUnavailableError('https://etcd1:2379', trouble)
}
