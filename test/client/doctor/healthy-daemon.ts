import type { Diagnostics } from '../../../src/messages/diagnostics.ts'
import { version } from '../../../src/package/version.ts'

/** What a daemon says of itself that has nothing wrong with it. */
export const healthyDaemon: Diagnostics = {
  version,
  pid: 1,
  uid: 1_000,
  node: '24.0.0',
  configuration: { file: '/nowhere/config.toml', loaded_at: '2026-01-01T00:00:00Z' },
  sockets: [],
  store: { state_directory: '/s', key: { from: 'none' } },
  renewer: { duration_ms: 1, records: 0, error: null },
  providers: [],
}
