import { hostname } from 'node:os'
import type {
  EtcdStoreConfiguration,
  StoreKeySource,
} from '../../../configuration/configuration.ts'
import { StoreUnreadableError } from '../../../errors.ts'
import { EtcdClient } from '../../../etcd/etcd-client.ts'
import { bootId } from '../../../kernel/boot-id.ts'
import { engineRightOf } from '../../../fleet/engine-right.ts'
import type { FleetNews } from '../../../messages/renewer-messages.ts'
import { type Clock, createSystemClock } from '../../../schedule/clock.ts'
import { readEngineAccess } from '../../../secrets/engine-secrets.ts'
import { Claims } from '../claims.ts'
import { openEscrow } from '../escrow.ts'
import { Store, type StoreOptions } from '../store.ts'
import { EtcdEngine } from './etcd-engine.ts'
import type { EtcdCalls, EtcdPlace } from './etcd-shared.ts'
import { openKeys } from './open-keys.ts'

/** How a store in etcd is opened. */
export interface EtcdStoreOptions extends StoreOptions {
  store: EtcdStoreConfiguration
  /** Told that something is waited for. */
  onWaiting?: (reason: string) => void
  onNews: (news: FleetNews) => void
  /** Within which a job is answered, in ms. */
  deadlineMs: number
  /** Absent: that of the kernel. */
  host?: string
  clock?: Clock
  /** Absent: the engine is asked over the network. */
  client?: EtcdCalls
}

/** What a lease must outlive beside the job. */
const leaseReserveMs = 5_000

/**
 * Opens a store that hosts share in etcd: proves that the engine is there, and compares the keys of this
 * host with those of the store before anything is read or written. Where nothing is there yet it becomes
 * a store of these keys. What an earlier process could not write is written now.
 * @throws StoreLockedError, StoreUnreadableError, InsecureFileModeError; no record is changed then
 */
export async function openEtcdStore(options: EtcdStoreOptions): Promise<Store> {
  const { store, clock = createSystemClock(), host = hostname(), deadlineMs } = options
  const keySource = requireRenew(store)
  const aside = openEscrow(store.stateDirectory)
  const client = options.client ?? (await createClient(store, clock))
  const { key, tokenKey } = await openKeys(client, keySource, options)
  const { prefix } = store
  const place: EtcdPlace = { client, prefix, host, boot: bootId(), clock, tokenKey }
  const engine = new EtcdEngine(place)
  const claims = new Claims({
    state: engine.shared,
    tokenKey,
    now: () => clock.wallMs(),
    onNews: options.onNews,
    reserveMs: deadlineMs + leaseReserveMs,
    patienceMs: deadlineMs / 2,
  })
  const opened = new Store(options, { engine, aside, key }, claims)
  void opened.replay()
  return opened
}

/** The client of a store's engine. @throws StoreUnreadableError, InsecureFileModeError */
export async function createClient(
  store: EtcdStoreConfiguration,
  clock: Clock,
): Promise<EtcdClient> {
  const access = await readEngineAccess(store)
  const rightOf = (name: string) => engineRightOf(store, name)
  const { endpoints } = store
  return new EtcdClient({ endpoints, ...access, rightOf, bootMs: () => clock.bootMs() })
}

/** The source of the key of sign-ins. @throws StoreUnreadableError where this host has none */
export function requireRenew({ role, key }: EtcdStoreConfiguration): StoreKeySource {
  if (role === 'renew' && key !== undefined) return key
  throw new StoreUnreadableError('this host only serves tokens: its store has role = "serve"', {
    hint: 'run this at a host with role = "renew"; this host has what comes of it within a second',
  })
}
