import { flag, listOf, oneOf, openFields, optional, type Shape, text } from '../shapes/shape.ts'
import { count, int64, keyValueShape, type WireKeyValue } from './key-value.ts'

interface WireEvent {
  type?: string
  kv: WireKeyValue
}

/** What comes of a watch, again and again, as the gateway writes it. */
export interface WireWatchResult {
  header: { cluster_id: string; revision?: string }
  created?: boolean
  canceled?: boolean
  cancel_reason?: string
  compact_revision?: string
  fragment?: boolean
  events?: WireEvent[]
}

/** Its form. */
export const watchResultShape: Shape<WireWatchResult> = openFields<WireWatchResult>({
  header: openFields<WireWatchResult['header']>({
    cluster_id: int64,
    revision: optional(count),
  }),
  created: optional(flag),
  canceled: optional(flag),
  cancel_reason: optional(text),
  compact_revision: optional(count),
  fragment: optional(flag),
  events: optional(
    listOf(openFields<WireEvent>({ type: optional(oneOf(['PUT', 'DELETE'])), kv: keyValueShape })),
  ),
})
