import type { EtcdStoreConfiguration } from '../../../configuration/configuration.ts'
import { StoreLockedError } from '../../../errors.ts'
import type { KeyValue } from '../../../etcd/key-value.ts'
import { wasWrittenBy } from '../../../etcd/transaction.ts'
import { metaKeyOf } from '../../../fleet/fleet-keys.ts'
import { encodeFleetRecord } from '../../../fleet/fleet-records.ts'
import { hasKeys, type KeyIds, metaOf, requireKeys, requireOurFormat } from '../../../fleet/meta.ts'
import { createSystemClock } from '../../../schedule/clock.ts'
import { loadMasterKey, loadTokenKey, type MasterKey } from '../../../sealing/master-key.ts'
import { openEscrow } from '../escrow.ts'
import { explained } from '../etcd-engine/engine-trouble.ts'
import { callLimitMs, type EtcdCalls } from '../etcd-engine/etcd-shared.ts'
import { createClient, openEtcdStore, requireRenew } from '../etcd-engine/open-etcd-store.ts'
import { rekeyHeld } from './rekey-held.ts'
import { rekeyShared } from './rekey-shared.ts'
import type { Rekeyed, RekeyOptions } from './rekeyed.ts'
import { requireOtherKeys } from './require-other-keys.ts'

interface EtcdRekeyOptions extends RekeyOptions {
  /** Absent: the engine is asked over the network. */
  client?: EtcdCalls
}

/**
 * Seals the records of a store that hosts share again, shared tokens too, and what this host has in
 * escrow. "meta" has the new keys when nothing is sealed with an old one: until then hosts can be started
 * with the old keys, wherever this stops.
 */
export async function rekeyEtcd(
  from: EtcdStoreConfiguration,
  to: EtcdStoreConfiguration,
  options: EtcdRekeyOptions,
): Promise<Rekeyed> {
  const client = options.client ?? (await createClient(from, createSystemClock()))
  const place = `"${from.prefix}" at "${client.endpoint}"`
  try {
    const meta = await readMeta(client, from.prefix)
    const written = meta?.value
    const old = await loadKeys(from, false, options)
    const next = await loadKeys(to, hasKeys(written, old.ids), options)
    requireOtherKeys(isSame(old.ids, next.ids))
    const isDone = hasKeys(written, next.ids)
    requireOurFormat(requireKeys(written, isDone ? next.ids : old.ids, place), place)
    const grants = { from: old.key, to: next.key }
    const shared = {
      client,
      prefix: from.prefix,
      grants,
      tokens: { from: old.tokenKey, to: next.tokenKey },
    }
    if (!isDone) {
      await emptyEscrow(from, options).catch(async (error: unknown) => {
        const now = await readMeta(client, from.prefix)
        throw hasKeys(now?.value, next.ids) ? beingChanged() : error
      })
    }
    const rekeyed = await rekeyShared(shared)
    const escrow = openEscrow(from.stateDirectory)
    await rekeyHeld(escrow.list(), grants, rekeyed, (key, sealed) => escrow.write(key, sealed))
    if (meta === undefined || isDone) return rekeyed
    await writeMeta(client, meta, next.ids)
    // What a host that was not stopped has written meanwhile: none can begin with the old keys any more.
    const late = await rekeyShared(shared)
    return { ...rekeyed, sealed: rekeyed.sealed + late.sealed }
  } finally {
    client.close()
  }
}

/** A host's own record gets its place by the old keys, and with it an end to what others wait for. */
async function emptyEscrow(
  store: EtcdStoreConfiguration,
  options: EtcdRekeyOptions,
): Promise<void> {
  const opened = await openEtcdStore({
    ...options,
    store,
    onNews: () => {},
    onDurable: () => {},
  })
  await opened.replay()
  await opened.close()
}

async function readMeta(client: EtcdCalls, prefix: string): Promise<KeyValue | undefined> {
  const { kvs } = await explained(client.getAll([metaKeyOf(prefix)], { limitMs: callLimitMs }))
  return kvs[0]
}

async function writeMeta(
  client: EtcdCalls,
  { key, modRevision }: KeyValue,
  ids: Required<KeyIds>,
): Promise<void> {
  const transaction = {
    compare: [wasWrittenBy(key, modRevision)],
    success: [{ put: key, value: encodeFleetRecord(metaOf(ids)) }],
  }
  const { succeeded } = await explained(client.transact(transaction, { limitMs: callLimitMs }))
  if (!succeeded) throw beingChanged()
}

function beingChanged(): StoreLockedError {
  return new StoreLockedError('another host or process is changing the keys of the store', {
    hint: 'wait until it is done, and run it again',
    actor: 'you',
  })
}

interface Keys {
  key: MasterKey
  tokenKey: MasterKey
  ids: Required<KeyIds>
}

async function loadKeys(
  store: EtcdStoreConfiguration,
  mayBeMade: boolean,
  { onWaiting }: RekeyOptions,
): Promise<Keys> {
  const { stateDirectory } = store
  const options = { stateDirectory, onWaiting, isStoreEmpty: mayBeMade }
  const key = await loadMasterKey(requireRenew(store), options)
  const tokenKey = await loadTokenKey(store.tokenKey)
  return { key, tokenKey, ids: { grantKeyId: key.id, tokenKeyId: tokenKey.id } }
}

function isSame(one: Required<KeyIds>, other: Required<KeyIds>): boolean {
  return one.grantKeyId === other.grantKeyId && one.tokenKeyId === other.tokenKeyId
}
