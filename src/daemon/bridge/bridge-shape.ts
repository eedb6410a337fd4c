import { protocolShape } from '../../accounts/account-shape.ts'
import { signalShapes } from '../../child-process/signal-shapes.ts'
import type {
  BridgeClients,
  BridgeConnections,
  BridgeLogFields,
  BridgeTokenRefusal,
  FromBridge,
} from '../../messages/bridge-messages.ts'
import {
  fields,
  listOf,
  number,
  oneOf,
  optional,
  type Shape,
  text,
  variants,
} from '../../shapes/shape.ts'

/** The form of what the bridge says to its daemon. */
export const fromBridgeShape: Shape<FromBridge> = variants<FromBridge, 'type'>('type', {
  ...signalShapes,
  request: {
    id: number,
    user: text,
    protocol: protocolShape,
    refused: optional(
      fields<BridgeTokenRefusal>({ fingerprint: text, server: text, message: text }),
    ),
  },
  log: {
    level: oneOf(['debug', 'info', 'warn']),
    event: text,
    fields: fields<BridgeLogFields>({
      user: optional(text),
      protocol: optional(text),
      code: optional(text),
      message: optional(text),
      hint: optional(text),
      fingerprint: optional(text),
      uid: optional(number),
      pid: optional(number),
      address: optional(text),
      path: optional(text),
      caller: optional(text),
      mechanism: optional(text),
      server: optional(text),
      bytesUp: optional(number),
      bytesDown: optional(number),
      durationMs: optional(number),
      count: optional(number),
      reason: optional(text),
    }),
  },
  connections: {
    connections: listOf(
      fields<BridgeConnections>({ user: text, protocol: protocolShape, count: number }),
    ),
  },
  clients: { clients: listOf(fields<BridgeClients>({ descriptor: number, count: number })) },
  idle: {},
})
