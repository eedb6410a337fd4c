import type { SharedStoreStatus } from '../messages/shared-store.ts'

/** From this difference of clocks on, people are told of it. */
export const clockWarningMs = 5_000

/** What `status` says of a store that hosts share, in a line. */
export function sharedStoreLine(store: SharedStoreStatus): string {
  const { role, prefix, endpoint, error, is_reachable: isReachable } = store
  const what = `etcd "${prefix}" (role "${role}")`
  if (error !== null) return `${what}: ${error.error_description}; ${error.hint}`
  if (!isReachable) return `${what}: has not answered yet`
  const facts = [
    store.db_size_bytes === null ? '' : sizeOf(store.db_size_bytes),
    store.lag_ms === null ? '' : `the newest token came after ${store.lag_ms} ms`,
    clockFact(store),
    store.is_listed ? '' : 'its tokens are being read',
    ...store.alarms.map((alarm) => `alarm ${alarm}`),
    faultyFact(store),
  ].filter((fact) => fact !== '')
  return [`${what}: ${store.version} at ${endpoint}`, ...facts].join(', ')
}

function faultyFact({ faulty_nodes: faulty, endpoints }: SharedStoreStatus): string {
  if (faulty.length === 0) return ''
  return `${faulty.length} of ${endpoints.length} endpoints cannot be used: "cms-oauth doctor" says why`
}

function clockFact({ host_clock_ahead_ms: aheadMs }: SharedStoreStatus): string {
  if (aheadMs === null || Math.abs(aheadMs) <= clockWarningMs) return ''
  const side = aheadMs > 0 ? 'ahead of' : 'behind'
  return `the clock of this host is ${Math.round(Math.abs(aheadMs) / 1_000)} s ${side} its own`
}

/** A number of bytes as people read it. */
export function sizeOf(bytes: number): string {
  const mebibytes = bytes / 1_024 ** 2
  return mebibytes >= 1_024
    ? `${(mebibytes / 1_024).toFixed(1)} GiB`
    : `${mebibytes.toFixed(mebibytes < 10 ? 1 : 0)} MiB`
}
