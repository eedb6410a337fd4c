import type { SharedStoreStatus } from '../messages/shared-store.ts'

/** What `status` says of a store that hosts share, in a line. */
export function sharedStoreLine(store: SharedStoreStatus): string {
  const { role, prefix, endpoint, error, is_reachable: isReachable } = store
  const what = `etcd "${prefix}" (role "${role}")`
  if (error !== null) return `${what}: ${error.error_description}; ${error.hint}`
  if (!isReachable) return `${what}: has not answered yet`
  const facts = [
    store.db_size_bytes === null ? '' : sizeOf(store.db_size_bytes),
    store.lag_ms === null ? '' : `the newest token came after ${store.lag_ms} ms`,
    store.is_listed ? '' : 'its tokens are being read',
    ...store.alarms.map((alarm) => `alarm ${alarm}`),
  ].filter((fact) => fact !== '')
  return [`${what}: ${store.version} at ${endpoint}`, ...facts].join(', ')
}

/** A number of bytes as people read it. */
export function sizeOf(bytes: number): string {
  const mebibytes = bytes / 1_024 ** 2
  return mebibytes >= 1_024
    ? `${(mebibytes / 1_024).toFixed(1)} GiB`
    : `${mebibytes.toFixed(mebibytes < 10 ? 1 : 0)} MiB`
}
