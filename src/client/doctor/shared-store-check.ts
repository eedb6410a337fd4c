import {
  failure,
  type Finding,
  ok,
  warning,
  wireErrorFinding,
} from '../../configuration/finding.ts'
import type { SharedStoreStatus } from '../../messages/shared-store.ts'
import { clockWarningMs, sizeOf } from '../shared-store-line.ts'

const subject = 'etcd'
/** Of the quota: writes are refused when it is full. */
const spaceWarning = 0.6

/** An engine that has had fewer writes may be too young to have compacted anything. */
const manyRevisions = 10_000

/** Checks the store that hosts share, as the daemon sees it. */
export function checkSharedStore(store: SharedStoreStatus): Finding[] {
  const { error, is_reachable: isReachable } = store
  return [
    ...(error === null ? [reached(store)] : [wireErrorFinding(subject, error)]),
    ...alarms(store),
    ...faultyNodes(store),
    ...(isReachable ? [...space(store), ...clock(store), compaction(store)] : []),
  ]
}

function reached(store: SharedStoreStatus): Finding {
  const { endpoint, version, role, prefix, is_reachable: isReachable } = store
  if (!isReachable) {
    return warning(subject, 'no node has answered yet', 'run doctor again in a few seconds')
  }
  const tokens = store.is_listed ? 'all tokens have come' : 'its tokens are being read'
  const text = `${version} at ${endpoint}, "${prefix}", role "${role}": most nodes agree, the keys are right, ${tokens}`
  return ok(subject, text)
}

/** Where none answers, that is said of all. */
function faultyNodes({ error, faulty_nodes: faulty }: SharedStoreStatus): Finding[] {
  if (error !== null) return []
  return faulty.map(({ error_description: text, hint }) => warning(subject, text, hint))
}

function alarms({ alarms: raised, revision }: SharedStoreStatus): Finding[] {
  return raised.map((alarm) => {
    const hint =
      alarm === 'NOSPACE'
        ? `run "etcdctl compact ${revision ?? 'REVISION'}", "etcdctl defrag" for each node, then "etcdctl alarm disarm"`
        : 'see "etcdctl alarm list" and the log of that node'
    return failure(subject, 'store_locked', `etcd has raised the alarm ${alarm}`, hint)
  })
}

function space(store: SharedStoreStatus): Finding[] {
  const { db_size_bytes: size, db_in_use_bytes: used, quota_bytes: quota } = store
  if (size === null) return []
  const inUse = used === null ? '' : `, ${sizeOf(used)} of it in use`
  const limit = quota === null ? '' : `, of at most ${sizeOf(quota)}`
  const text = `its file has ${sizeOf(size)}${limit}${inUse}`
  if (quota === null || size < quota * spaceWarning) return [ok(subject, text)]
  return [
    warning(
      subject,
      text,
      'run etcd with --auto-compaction-mode=periodic --auto-compaction-retention=10m, and defragment one node after the other',
    ),
  ]
}

function clock({ host_clock_ahead_ms: aheadMs }: SharedStoreStatus): Finding[] {
  if (aheadMs === null) return []
  const seconds = Math.round(Math.abs(aheadMs) / 1_000)
  const side = aheadMs > 0 ? 'ahead of' : 'behind'
  if (Math.abs(aheadMs) <= clockWarningMs)
    return [ok(subject, `its clock differs by ${seconds} s from ours`)]
  const text = `this machine is ${seconds} s ${side} etcd; the expiry of its tokens is corrected by that`
  return [
    warning(subject, text, 'set the clock: "timedatectl set-ntp true", or start an NTP program'),
  ]
}

function compaction({ compact_revision: compacted, revision }: SharedStoreStatus): Finding {
  if (compacted !== '0' || Number(revision) < manyRevisions) {
    const since = compacted === null ? 'an unknown revision' : `revision ${compacted}`
    return ok(subject, `history is kept from ${since} to ${revision}`)
  }
  return warning(
    subject,
    `no history was ever compacted, up to revision ${revision}: its file grows until no write is accepted`,
    'run etcd with --auto-compaction-mode=periodic --auto-compaction-retention=10m',
  )
}
