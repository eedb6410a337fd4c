import type { EtcdStoreConfiguration } from '../configuration/configuration.ts'
import { EtcdClient } from '../etcd/etcd-client.ts'
import { engineRightOf } from '../fleet/engine-right.ts'
import { createSystemClock } from '../schedule/clock.ts'
import { loadTokenKey, type MasterKey } from '../sealing/master-key.ts'
import { readEngineAccess } from '../secrets/engine-secrets.ts'

/** A client of the engine, and the key that opens what is found there. */
export interface EngineSession {
  client: Pick<
    EtcdClient,
    | 'get'
    | 'list'
    | 'watch'
    | 'status'
    | 'findFaultyNodes'
    | 'compactRevision'
    | 'clockAheadMs'
    | 'endpoint'
    | 'close'
  >
  key: MasterKey
  prefix: string
  /** As a message says where the records are. */
  place: string
}

/**
 * Reads certificates and key as they are now; asks no engine.
 * @throws ConfigInvalidError, InsecureFileModeError, StoreUnreadableError
 */
export async function openSession(store: EtcdStoreConfiguration): Promise<EngineSession> {
  const { endpoints, prefix } = store
  const access = await readEngineAccess(store)
  const key = await loadTokenKey(store.tokenKey)
  const clock = createSystemClock()
  const rightOf = (name: string) => engineRightOf(store, name)
  const client = new EtcdClient({ endpoints, ...access, rightOf, bootMs: () => clock.bootMs() })
  return { client, key, prefix, place: `"${prefix}" of etcd` }
}
