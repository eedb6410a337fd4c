import type { AllowRule } from '../configuration/allow-rule.ts'
import {
  type BridgeAccount,
  type BridgeConfiguration,
  bridgeCallers,
  type BridgeUser,
  type CertificateFiles,
  localTlsModes,
} from '../configuration/configuration.ts'
import {
  either,
  fields,
  flag,
  listOf,
  number,
  oneOf,
  optional,
  type Shape,
  text,
} from '../shapes/shape.ts'
import { protocolShape } from './account-shape.ts'

/** The form of a bridge, as the reader hands it over and the daemon on. */
export const bridgeShape: Shape<BridgeConfiguration> = fields<BridgeConfiguration>({
  protocol: protocolShape,
  listen: listOf(
    either(
      fields<{ host: string; port: number }>({ host: text, port: number }),
      fields<{ path: string }>({ path: text }),
    ),
  ),
  name: optional(text),
  accounts: listOf(fields<BridgeAccount>({ user: text, server: text, connections: number })),
  account: optional(text),
  accountBySender: flag,
  users: listOf(fields<BridgeUser>({ name: text, user: text })),
  callers: listOf(oneOf(bridgeCallers)),
  allow: optional(fields<AllowRule>({ users: listOf(text), groups: listOf(text) })),
  networks: listOf(text),
  tls: oneOf(localTlsModes),
  certificate: optional(fields<CertificateFiles>({ path: text, keyPath: text })),
  waitMs: number,
  mode: number,
  owner: optional(text),
  group: optional(text),
})
