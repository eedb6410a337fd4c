import type { SharedStoreStatus } from '../messages/shared-store.ts'
import { filledText, flag, listOf, nullable, number, openFields } from '../shapes/shape.ts'
import { checkError } from './error-shapes.ts'

const texts = listOf(filledText)

/** What an answer must hold of a store that hosts share. */
export const sharedStore = openFields<SharedStoreStatus>({
  kind: filledText,
  role: filledText,
  prefix: filledText,
  endpoints: texts,
  is_reachable: flag,
  is_listed: flag,
  error: nullable(checkError),
  faulty_nodes: listOf(checkError),
  endpoint: nullable(filledText),
  version: nullable(filledText),
  db_size_bytes: nullable(number),
  db_in_use_bytes: nullable(number),
  quota_bytes: nullable(number),
  alarms: texts,
  revision: nullable(filledText),
  compact_revision: nullable(filledText),
  host_clock_ahead_ms: nullable(number),
  lag_ms: nullable(number),
})
