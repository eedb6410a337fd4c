import { signalShapes } from '../../child-process/signal-shapes.ts'
import type { EngineState, FromFollower } from '../../messages/follower-messages.ts'
import {
  fields,
  flag,
  listOf,
  number,
  optional,
  type Shape,
  text,
  variants,
} from '../../shapes/shape.ts'
import { wireErrorShape } from '../../shapes/wire-error-shape.ts'
import { freshTokenShape } from '../processes/renewer-shapes.ts'

const engineStateShape = fields<EngineState>({
  isReachable: flag,
  error: optional(wireErrorShape),
  faultyNodes: optional(listOf(wireErrorShape)),
  endpoint: optional(text),
  version: optional(text),
  dbSizeBytes: optional(number),
  dbInUseBytes: optional(number),
  quotaBytes: optional(number),
  alarms: optional(listOf(text)),
  revision: optional(text),
  compactRevision: optional(text),
  clockAheadMs: optional(number),
  lagMs: optional(number),
  isListed: flag,
})

/** The form of what a follower says. */
export const fromFollowerShape: Shape<FromFollower> = variants<FromFollower, 'type'>('type', {
  ...signalShapes,
  token: { user: text, token: freshTokenShape },
  forgotten: { user: text },
  listed: { absent: listOf(text), isOlder: optional(flag) },
  unreadable: { user: text, reason: text },
  engine: { state: engineStateShape },
})
