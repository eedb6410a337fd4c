import { listOf, openFields, optional, type Shape, text } from '../shapes/shape.ts'
import type { WireAnswer } from './gateway-answer.ts'
import { count, int64 } from './key-value.ts'

/** How a node of an engine is. */
export interface EngineStatus {
  /** The node that answered, as it is configured. */
  endpoint: string
  /** As `3.5.16`. */
  version: string
  /** Of its file, which grows until it is defragmented; --quota-backend-bytes limits it. */
  dbSizeBytes: number
  /** What of it is in use. */
  dbSizeInUseBytes: number
  /** Engines before 3.6 do not tell it. */
  quotaBytes?: number
  /** Of the last write that this node knows. */
  revision: string
  /** False: this node knows none, and can do nothing. */
  hasLeader: boolean
  isLeader: boolean
  /** As `NOSPACE`, `CORRUPT`. */
  alarms: string[]
}

/** The same as the gateway writes it. */
export interface WireStatus {
  version: string
  dbSize?: string
  dbSizeInUse?: string
  dbSizeQuota?: string
  leader?: string
  errors?: string[]
}

/** Its form. */
export const statusShape: Shape<WireStatus> = openFields<WireStatus>({
  version: text,
  dbSize: optional(count),
  dbSizeInUse: optional(count),
  dbSizeQuota: optional(count),
  leader: optional(int64),
  errors: optional(listOf(text)),
})

/** The same without absent fields. */
export function engineStatusOf(endpoint: string, wire: WireStatus & WireAnswer): EngineStatus {
  const { header, leader = '0', errors = [] } = wire
  const quota = Number(wire.dbSizeQuota ?? 0)
  return {
    endpoint,
    version: wire.version.slice(0, 40),
    dbSizeBytes: Number(wire.dbSize ?? 0),
    dbSizeInUseBytes: Number(wire.dbSizeInUse ?? 0),
    ...(quota > 0 && { quotaBytes: quota }),
    revision: header.revision ?? '0',
    hasLeader: leader !== '0',
    isLeader: leader === header.member_id,
    alarms: errors.flatMap((error) => /alarm:\s*([A-Z_]+)/.exec(error.slice(0, 200))?.[1] ?? []),
  }
}
