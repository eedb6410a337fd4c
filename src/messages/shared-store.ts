import type { StoreRole } from '../configuration/configuration.ts'
import type { WireError } from '../shapes/wire-error.ts'

/** An engine that hosts share their sign-ins and tokens in, as this host sees it. */
export interface SharedStoreStatus {
  kind: 'etcd'
  role: StoreRole
  /** Before every key. */
  prefix: string
  endpoints: string[]
  /** True while most nodes agree: reads and writes succeed. */
  is_reachable: boolean
  /** True once all tokens that are there have come. */
  is_listed: boolean
  /** Why it is not reachable, or why its tokens are not taken. */
  error: WireError | null
  /** What is wrong with single nodes while others answer, checked once a minute. */
  faulty_nodes: WireError[]
  /** The node that answered last. */
  endpoint: string | null
  version: string | null
  /** Of the node's file. */
  db_size_bytes: number | null
  /** What of it is in use: the rest is given back by a defragmentation. */
  db_in_use_bytes: number | null
  /** Null: etcd before 3.6 does not tell. */
  quota_bytes: number | null
  /** As NOSPACE. */
  alarms: string[]
  /** Of the newest write, in decimal. */
  revision: string | null
  /** History before it is gone; "0": nothing was compacted yet. */
  compact_revision: string | null
  /** The clock of this host minus that of the node, to the second. */
  host_clock_ahead_ms: number | null
  /** How long ago the newest token was written when it came here. */
  lag_ms: number | null
}
