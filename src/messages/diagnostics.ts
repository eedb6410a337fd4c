import type { SocketConfiguration } from '../configuration/configuration.ts'
import type { Finding } from '../configuration/finding.ts'
import type { WireError } from '../shapes/wire-error.ts'
import type { SharedStoreStatus } from './shared-store.ts'

/**
 * Answer of GET /v1/diagnostics, or /v1/diagnostics?user=ADDRESS for one account: what only the daemon
 * can see of itself.
 */
export interface Diagnostics {
  version: string
  pid: number
  uid: number
  node: string
  configuration: { file: string; loaded_at: string }
  /** The sockets in use, with their defaults filled in. */
  sockets: SocketConfiguration[]
  store: {
    state_directory: string
    /** `none`: this host only reads the tokens that others share. */
    key: { from: 'file'; path: string } | { from: 'credential' | 'keyring' | 'command' | 'none' }
    /** Absent: its records are files of this host. */
    shared?: SharedStoreStatus
  }
  renewer: RenewerDiagnosis
  /** One for each issuer of tokens. */
  providers: ProviderDiagnosis[]
  /** Problems of the configuration, as seen by the daemon's user. Absent: an older daemon. */
  findings?: Finding[]
}

/** Whether the renewer opens the store. */
export interface RenewerDiagnosis {
  duration_ms: number
  records: number | null
  error: WireError | null
}

/** Whether a provider answers, and how its clock differs. */
export interface ProviderDiagnosis {
  users: string[]
  host: string | null
  proxy: string | null
  duration_ms: number | null
  /** The provider's clock minus this machine's. */
  clock_ahead_ms: number | null
  error: WireError | null
}
