import { protocolShape } from '../accounts/account-shape.ts'
import { bridgeShape } from '../accounts/bridge-shape.ts'
import type {
  BridgeConnections,
  BridgeToken,
  PasswordMessage,
  ServedBridge,
  ServedCertificate,
  ToBridge,
} from '../messages/bridge-messages.ts'
import type { PasswordVerifier } from '../sasl/server/passwords.ts'
import { fields, listOf, number, optional, type Shape, text, variants } from '../shapes/shape.ts'
import { wireErrorShape } from '../shapes/wire-error-shape.ts'

/** The form of what the daemon says to its bridge. */
export const toBridgeShape: Shape<ToBridge> = variants<ToBridge, 'type'>('type', {
  configure: {
    bridges: listOf(
      fields<ServedBridge>({
        configuration: bridgeShape,
        descriptors: listOf(number),
        certificate: optional(fields<ServedCertificate>({ chain: text, key: text })),
      }),
    ),
    passwords: fields<PasswordMessage>({
      salt: text,
      verifiers: listOf(
        fields<PasswordVerifier>({
          name: text,
          accounts: optional(listOf(text)),
          sha256: text,
          storedKey: text,
          serverKey: text,
        }),
      ),
    }),
  },
  token: {
    id: number,
    token: fields<BridgeToken>({ user: text, accessToken: text, fingerprint: text }),
  },
  refusal: { id: number, error: wireErrorShape },
  elsewhere: {
    connections: listOf(
      fields<BridgeConnections>({ user: text, protocol: protocolShape, count: number }),
    ),
  },
  retire: {},
})
