import type { Configuration } from '../configuration/configuration.ts'
import type { Finding } from '../configuration/finding.ts'
import type { WireError } from '../errors.ts'

/** What the reader's process says once. */
export type ReaderResult = Configuration | Finding[] | string

export type ReaderAnswer = { result: ReaderResult } | { error: WireError }
