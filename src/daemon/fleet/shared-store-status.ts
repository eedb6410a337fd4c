import type { EtcdStoreConfiguration } from '../../configuration/configuration.ts'
import type { SharedStoreStatus } from '../../messages/shared-store.ts'
import type { EngineState } from '../../messages/follower-messages.ts'

/** What the control socket says of a store that hosts share. */
export function sharedStoreStatus(
  { kind, role, prefix, endpoints }: EtcdStoreConfiguration,
  engine: EngineState,
): SharedStoreStatus {
  return {
    kind,
    role,
    prefix,
    endpoints,
    is_reachable: engine.isReachable,
    is_listed: engine.isListed,
    error: engine.error ?? null,
    faulty_nodes: engine.faultyNodes ?? [],
    endpoint: engine.endpoint ?? null,
    version: engine.version ?? null,
    db_size_bytes: engine.dbSizeBytes ?? null,
    db_in_use_bytes: engine.dbInUseBytes ?? null,
    quota_bytes: engine.quotaBytes ?? null,
    alarms: engine.alarms ?? [],
    revision: engine.revision ?? null,
    compact_revision: engine.compactRevision ?? null,
    host_clock_ahead_ms: engine.clockAheadMs ?? null,
    lag_ms: engine.lagMs ?? null,
  }
}
