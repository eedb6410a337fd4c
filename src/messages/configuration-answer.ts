import type { Configuration } from '../configuration/configuration.ts'
import type { Finding } from '../configuration/finding.ts'
import type { WireError } from '../errors.ts'

/** What of the surroundings does not fit a configuration. */
export interface Inspection {
  /** The configuration's. */
  file: string
  findings: Finding[]
}

/** What the reader's process says once. */
export type ReaderResult = Configuration | Inspection | string

export type ReaderAnswer = { result: ReaderResult } | { error: WireError }
