import { hostname } from 'node:os'
import type {
  EtcdStoreConfiguration,
  StoreKeySource,
} from '../../../configuration/configuration.ts'
import { StoreUnreadableError } from '../../../errors.ts'
import { EtcdClient } from '../../../etcd/etcd-client.ts'
import { isAbsent } from '../../../etcd/transaction.ts'
import { metaKeyOf } from '../../../fleet/fleet-keys.ts'
import { encodeFleetRecord } from '../../../fleet/fleet-records.ts'
import { metaOf, requireKeys, requireOurFormat } from '../../../fleet/meta.ts'
import type { FleetNews } from '../../../messages/renewer-messages.ts'
import { type Clock, createSystemClock } from '../../../schedule/clock.ts'
import { loadMasterKey, loadTokenKey, type MasterKey } from '../../../sealing/master-key.ts'
import { readEngineAccess } from '../../../secrets/engine-secrets.ts'
import { Claims } from '../claims.ts'
import { openEscrow } from '../escrow.ts'
import { Store, type StoreOptions } from '../store.ts'
import { explained } from './engine-trouble.ts'
import { EtcdEngine } from './etcd-engine.ts'
import { callLimitMs, type EtcdCalls, type EtcdPlace } from './etcd-shared.ts'

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
  const { key, tokenKey } = await requireMeta(client, keySource, options)
  const place: EtcdPlace = { client, prefix: store.prefix, host, clock }
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
  return new EtcdClient({ endpoints: store.endpoints, ...access, bootMs: () => clock.bootMs() })
}

/** One process of several begins a store: the others find its record. */
async function requireMeta(
  client: EtcdCalls,
  source: StoreKeySource,
  { store, onWaiting }: EtcdStoreOptions,
): Promise<{ key: MasterKey; tokenKey: MasterKey }> {
  const name = metaKeyOf(store.prefix)
  const place = `"${store.prefix}" at "${client.endpoint}"`
  const read = async () => {
    const { kvs } = await explained(client.getAll([name], { limitMs: callLimitMs }))
    return kvs[0]?.value
  }
  const present = await read()
  const key = await loadMasterKey(source, {
    stateDirectory: store.stateDirectory,
    isStoreEmpty: present === undefined,
    ...(onWaiting === undefined ? {} : { onWaiting }),
  })
  const tokenKey = await loadTokenKey(store.tokenKey)
  const keys = { grantKeyId: key.id, tokenKeyId: tokenKey.id }
  if (present === undefined) {
    const success = [{ put: name, value: encodeFleetRecord(metaOf(keys)) }]
    await explained(client.transact({ compare: [isAbsent(name)], success }))
  }
  const written = present ?? (await read()) ?? Buffer.of()
  requireOurFormat(requireKeys(written, keys, place), place)
  return { key, tokenKey }
}

/** The source of the key of sign-ins. @throws StoreUnreadableError where this host has none */
export function requireRenew({ role, key }: EtcdStoreConfiguration): StoreKeySource {
  if (role === 'renew' && key !== undefined) return key
  throw new StoreUnreadableError('this host only serves tokens: its store has role = "serve"', {
    hint: 'run this at a host with role = "renew"; this host has what comes of it within a second',
  })
}
