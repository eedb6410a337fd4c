/** The record that says with which keys all others are sealed, and what holds where it is missing. */
import type {
  EtcdStoreConfiguration,
  StoreKeySource,
} from '../../../configuration/configuration.ts'
import { isAbsent } from '../../../etcd/transaction.ts'
import { explainEngine } from '../../../fleet/engine-error.ts'
import { type FleetKeyKind, folderOf, metaKeyOf } from '../../../fleet/fleet-keys.ts'
import {
  encodeFleetRecord,
  parseGrantRecord,
  parseTokenRecord,
} from '../../../fleet/fleet-records.ts'
import { metaOf, requireKeys, requireOurFormat } from '../../../fleet/meta.ts'
import { loadMasterKey, loadTokenKey, type MasterKey } from '../../../sealing/master-key.ts'
import type { HeldRecord } from '../engine.ts'
import { requireKeyOf } from '../require-key.ts'
import { explained } from './engine-trouble.ts'
import { callLimitMs, type EtcdCalls } from './etcd-shared.ts'

interface Keys {
  key: MasterKey
  tokenKey: MasterKey
}

/** What is sealed, without what is beside it in clear. */
type Sealed = Pick<HeldRecord, 'read'>

/**
 * The keys of this host, which are those of the store. Where there is nothing yet it becomes a store of
 * these keys: one process of several begins it, and the others find its record. Where only that record is
 * gone, it is written again by a host that has the keys of the others.
 * @throws StoreUnreadableError where a key is another, and nothing is written; StoreLockedError
 */
export async function openKeys(
  client: EtcdCalls,
  source: StoreKeySource,
  { store, onWaiting }: { store: EtcdStoreConfiguration; onWaiting?: (reason: string) => void },
): Promise<Keys> {
  const { prefix, stateDirectory } = store
  const name = metaKeyOf(prefix)
  const place = `"${prefix}" at "${client.endpoint}"`
  const read = async () => {
    const { kvs } = await explained(client.getAll([name], { limitMs: callLimitMs }))
    return kvs[0]?.value
  }
  const present = await read()
  const sealed = present === undefined ? await listSealed(client, prefix) : undefined
  const key = await loadMasterKey(source, {
    stateDirectory,
    isStoreEmpty: sealed?.isEmpty ?? false,
    isShared: true,
    ...(onWaiting === undefined ? {} : { onWaiting }),
  })
  const tokenKey = await loadTokenKey(store.tokenKey)
  const keys = { grantKeyId: key.id, tokenKeyId: tokenKey.id }
  if (sealed !== undefined) {
    requireKeyOf(sealed.grants, key)
    requireKeyOf(sealed.tokens, tokenKey)
    await requireOneCluster(client)
    const success = [{ put: name, value: encodeFleetRecord(metaOf(keys)) }]
    await explained(client.transact({ compare: [isAbsent(name)], success }))
  }
  const written = present ?? (await read())
  requireOurFormat(requireKeys(written, keys, place), place)
  return { key, tokenKey }
}

/** Where a wrong endpoint answers first, a store must not be begun in its cluster. @throws StoreUnreadableError */
async function requireOneCluster(client: EtcdCalls): Promise<void> {
  const faults = await client.findFaultyNodes()
  const other = faults.find(({ trouble }) => trouble === 'other_cluster')
  if (other !== undefined) throw explainEngine(other)
}

async function listSealed(client: EtcdCalls, prefix: string) {
  const read = async (kind: FleetKeyKind, parse: typeof parseTokenRecord): Promise<Sealed[]> => {
    const records: Sealed[] = []
    await explained(
      client.list(folderOf(prefix, kind), (kvs) => {
        for (const { value } of kvs) records.push({ read: () => parse(value)?.sealed })
      }),
    )
    return records
  }
  const grants = [
    ...(await read('grant', parseGrantRecord)),
    ...(await read('unconfirmed', parseGrantRecord)),
  ]
  const tokens = await read('token', parseTokenRecord)
  return { grants, tokens, isEmpty: grants.length + tokens.length === 0 }
}
