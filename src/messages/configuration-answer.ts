import type { WireError } from '../shapes/wire-error.ts'
import type { ChildSignal } from './child-signals.ts'
import type { Configuration } from '../configuration/configuration.ts'
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

/** What the reader's process says once; `result` is what it was asked for. */
export type FromReader =
  ChildSignal | { type: 'result'; result: unknown } | { type: 'failure'; error: WireError }
