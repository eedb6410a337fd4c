import type {
  BridgeAccount,
  BridgeConfiguration,
  BridgedOutbox,
} from '../configuration/configuration.ts'
import { fields, flag, listOf, number, optional, type Shape, text } from '../shapes/shape.ts'
import { accessShapes } from './access-shape.ts'
import { protocolShape } from './account-shape.ts'
import { listenerShapes } from './listener-shape.ts'

/** The form of a bridge, as the reader hands it over and the daemon on. */
export const bridgeShape: Shape<BridgeConfiguration> = fields<BridgeConfiguration>({
  ...accessShapes,
  ...listenerShapes,
  protocol: protocolShape,
  name: optional(text),
  accounts: listOf(fields<BridgeAccount>({ user: text, server: text, connections: number })),
  account: optional(text),
  accountBySender: flag,
  waitMs: number,
  outbox: optional(fields<BridgedOutbox>({ name: text, path: text, extensions: listOf(text) })),
})
