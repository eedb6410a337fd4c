import type { WireError } from '../shapes/wire-error.ts'
import type { ChildSignal } from './child-signals.ts'
import type { AccountConfiguration, Configuration } from '../configuration/configuration.ts'
import type { Finding } from '../configuration/finding.ts'

/** What of the surroundings does not fit a configuration. */
export interface Inspection {
  /** The configuration's. */
  file: string
  findings: Finding[]
}

/** What the reader can be asked for, and what it gives. */
export interface ReaderResults {
  load: Configuration
  inspect: Inspection
  describe: string
}

/** What the reader's process says; the result, or why there is none, comes once and last. */
export type FromReader =
  | ChildSignal
  /** Of a configuration, a few at a time: thousands in one message would hold the daemon's loop. */
  | { type: 'accounts'; accounts: AccountConfiguration[] }
  /** What it was asked for; a configuration without its accounts, which were sent before. */
  | { type: 'result'; result: unknown }
  | { type: 'failure'; error: WireError }
