import type { SharedStoreStatus } from '../messages/shared-store.ts'
import type { Fields } from './bridge-objects.ts'

/** The fields of SHARED STORE. */
export const sharedStore: Fields<SharedStoreStatus> = {
  kind: 'etcd',
  role: 'renew or serve',
  prefix: 'before every key',
  endpoints: 'as they are configured',
  is_reachable: 'true while most nodes agree: reads and writes succeed',
  is_listed: 'true once all tokens that are there have come',
  error: 'an ERROR: why it is not reachable, or why its tokens are not taken; or null',
  endpoint: 'the node that answered last; or null',
  version: 'of that node; or null',
  db_size_bytes: 'of its file; or null',
  db_in_use_bytes: 'what of that a defragmentation would leave; or null',
  quota_bytes: 'at which no write is accepted; null: etcd before 3.6 does not say',
  alarms: 'a list of words, as NOSPACE',
  revision: 'of the newest write, as text; or null',
  compact_revision: 'history before it is gone, as text; "0": nothing was compacted; or null',
  faulty_nodes:
    'what is wrong with single nodes while others answer, as error; checked once a minute',
  host_clock_ahead_ms: 'the clock of this host minus that of the node; or null',
  lag_ms: 'how old the newest token was when it came here; null: none has come yet',
}
