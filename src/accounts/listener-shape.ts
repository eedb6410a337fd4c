import {
  type BridgeUser,
  bridgeCallers,
  type CertificateFiles,
  localTlsModes,
} from '../configuration/local-listener.ts'
import { either, fields, listOf, number, oneOf, optional, text } from '../shapes/shape.ts'

/** The forms of what a bridge and an outbox say of how programs connect. */
export const listenerShapes = {
  listen: listOf(
    either(
      fields<{ host: string; port: number }>({ host: text, port: number }),
      fields<{ path: string }>({ path: text }),
    ),
  ),
  users: listOf(fields<BridgeUser>({ name: text, user: text })),
  callers: listOf(oneOf(bridgeCallers)),
  networks: listOf(text),
  tls: oneOf(localTlsModes),
  certificate: optional(fields<CertificateFiles>({ path: text, keyPath: text })),
}
