import type { KeyValue } from '../../../etcd/key-value.ts'
import { type Compare, wasWrittenBy } from '../../../etcd/transaction.ts'
import { StoreLockedError } from '../../../errors.ts'
import { addressHashIn, folderOf } from '../../../fleet/fleet-keys.ts'
import {
  numberBytes,
  parseGrantRecord,
  parseIntent,
  parseLock,
  parseTokenRecord,
  withSealed,
} from '../../../fleet/fleet-records.ts'
import { addressHashOf } from '../../../sealing/address-hash.ts'
import { addressOf } from '../../../sealing/envelope.ts'
import { type KeyChange, sealAgain } from '../../../sealing/seal-again.ts'
import { explained } from '../etcd-engine/engine-trouble.ts'
import { callLimitMs, type EtcdCalls } from '../etcd-engine/etcd-shared.ts'
import { isMisplaced, leftAlone } from './rekey-held.ts'
import type { Rekeyed } from './rekeyed.ts'

/** Where the records are, and the keys of those that are sealed. */
export interface SharedRecords {
  client: EtcdCalls
  prefix: string
  grants: KeyChange
  tokens: KeyChange
}

/** A record that is to be sealed again, and what must still be as it was seen then. */
interface Change {
  key: string
  user: string
  value: Buffer
  compare: Compare[]
}

type Kind = 'token' | 'unconfirmed' | 'grant'
const kinds: readonly Kind[] = ['token', 'unconfirmed', 'grant']
/** In one transaction: an engine's own limits are 128 comparisons and 1.5 MiB. */
const most = { records: 32, bytes: 256 * 1024 }
const atOnce = 4
const hints = {
  working: 'stop the hosts, and run it again a minute later; nothing was changed',
  ambiguous:
    'start the hosts with the old keys until one has refreshed it, stop them, and run it again a minute later; nothing was changed',
  moved: 'stop the hosts, and run it again a minute later: it goes on from there',
}

/**
 * Seals all that hosts share again. A sign-in that another host works on, or may have refreshed, must keep
 * its revision, by which that host finds its place: nothing at all is changed then.
 * @throws StoreLockedError where a host works with the store
 */
export async function rekeyShared(shared: SharedRecords): Promise<Rekeyed> {
  const { changes, rekeyed, working, ambiguous } = await look(shared)
  const busy = [...working, ...ambiguous]
  if (busy.length > 0) throw inUse(busy, ambiguous.length > 0 ? hints.ambiguous : hints.working)
  const moved: string[] = []
  const batches = inBatches(changes)
  rekeyed.sealed = changes.length
  while (batches.length > 0) {
    const several = batches.splice(0, atOnce).map((batch) => write(shared, batch))
    moved.push(...(await Promise.all(several)).flat())
  }
  if (moved.length === 0) return rekeyed
  const lines = moved.map((user) => `a host has just changed the record of "${user}"`)
  throw inUse(lines, hints.moved)
}

function inBatches(changes: readonly Change[]): Change[][] {
  const batches: Change[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const change of changes) {
    const last = batches.at(-1)
    bytes += change.value.length
    if (last !== undefined && last.length < most.records && bytes <= most.bytes) last.push(change)
    else {
      batches.push([change])
      bytes = change.value.length
    }
  }
  return batches
}

/** Whose records a host has changed: those stay as they are, and all others are sealed. */
async function write(shared: SharedRecords, batch: readonly Change[]): Promise<string[]> {
  const transaction = {
    compare: batch.flatMap(({ compare }) => compare),
    success: batch.map(({ key, value }) => ({ put: key, value })),
  }
  const { client } = shared
  const { succeeded } = await explained(client.transact(transaction, { limitMs: callLimitMs }))
  if (succeeded) return []
  if (batch.length === 1) return batch.map(({ user }) => user)
  const moved: string[] = []
  for (const change of batch) moved.push(...(await write(shared, [change])))
  return moved
}

interface Look {
  changes: Change[]
  rekeyed: Rekeyed
  /** A sentence for each sign-in that a host works on. */
  working: string[]
  /** And for each of which nobody knows whether it was refreshed. */
  ambiguous: string[]
}

async function look(shared: SharedRecords): Promise<Look> {
  const rekeyed = { sealed: 0, kept: 0, left: [] }
  const seen: Look = { changes: [], rekeyed, working: [], ambiguous: [] }
  const intents = await partsOf(shared, 'intent')
  const locks = await partsOf(shared, 'lock')
  for (const kind of kinds) {
    await explained(
      shared.client.list(folderOf(shared.prefix, kind), (kvs) => {
        for (const kv of kvs) lookAt(kv, kind, { shared, intents, locks, seen })
      }),
    )
  }
  return seen
}

interface LookContext {
  shared: SharedRecords
  intents: Map<string, KeyValue>
  locks: Map<string, KeyValue>
  seen: Look
}

function lookAt(kv: KeyValue, kind: Kind, context: LookContext): void {
  const { shared, seen } = context
  const { key, value, modRevision } = kv
  const place = `${shared.client.endpoint}${key}`
  const leave = (user: string | undefined, defect: string) =>
    void seen.rekeyed.left.push(leftAlone(user, place, defect))
  const record = kind === 'token' ? parseTokenRecord(value) : parseGrantRecord(value)
  if (record === undefined) return leave(undefined, 'it is not a sealed record')
  const { n, sealed } = record
  const user = addressOf(sealed)
  const change = kind === 'token' ? shared.tokens : shared.grants
  const again = sealAgain(sealed, kind, change, numberBytes(n))
  if (again === 'kept') seen.rekeyed.kept += 1
  else if ('defect' in again) leave(user, again.defect)
  else if (user === undefined || addressHashOf(user) !== addressHashIn(key))
    leave(user, isMisplaced)
  else {
    if (kind === 'grant') lookForHosts(user, n, addressHashIn(key), context)
    const compare = [wasWrittenBy(key, modRevision)]
    if (kind === 'grant') compare.push(...asSeen(addressHashIn(key), context))
    seen.changes.push({ key, user, value: withSealed(value, again.sealed), compare })
  }
}

/** No host has begun to work on the sign-in since. */
function asSeen(hash: string, { shared: { prefix }, intents }: LookContext): Compare[] {
  return [
    wasWrittenBy(`${folderOf(prefix, 'lock')}${hash}`, '0'),
    wasWrittenBy(`${folderOf(prefix, 'intent')}${hash}`, intents.get(hash)?.modRevision ?? '0'),
  ]
}

function lookForHosts(user: string, n: number, hash: string, context: LookContext): void {
  const { locks, intents, seen } = context
  const [lock, intent] = [locks.get(hash), intents.get(hash)]
  if (lock !== undefined) {
    const { host = 'unknown' } = parseLock(lock.value) ?? {}
    seen.working.push(`the host "${host}" is working on "${user}"`)
    return
  }
  const intended = intent && parseIntent(intent.value)
  if (intended?.n !== n) return
  seen.ambiguous.push(
    `the host "${intended.host}" may have refreshed "${user}" without writing what it got`,
  )
}

async function partsOf(
  { client, prefix }: SharedRecords,
  kind: 'lock' | 'intent',
): Promise<Map<string, KeyValue>> {
  const parts = new Map<string, KeyValue>()
  await explained(
    client.list(folderOf(prefix, kind), (kvs) => {
      for (const kv of kvs) parts.set(addressHashIn(kv.key), kv)
    }),
  )
  return parts
}

function inUse(lines: readonly string[], hint: string): StoreLockedError {
  return new StoreLockedError(lines.join('\n'), { hint, actor: 'you' })
}
