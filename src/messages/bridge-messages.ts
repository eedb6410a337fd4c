/**
 * What the daemon and its bridge say to each other. The daemon says `configure` first, and again when
 * something has changed; the bridge asks for tokens, each for one login. No refresh token crosses.
 */
import type { BridgeConfiguration } from '../configuration/configuration.ts'
import type { LogFields } from '../logging/log.ts'
import type { Protocol } from '../sasl/output-format.ts'
import type { PasswordVerifier } from '../sasl/server/passwords.ts'
import type { WireError } from '../shapes/wire-error.ts'
import type { ChildSignal } from './child-signals.ts'

/** A [[bridge]], with the descriptors that it listens by: one for each address, in their order. */
export interface ServedBridge {
  configuration: BridgeConfiguration
  descriptors: number[]
  /** What it shows to programs; absent: it has no TLS. */
  certificate?: ServedCertificate
}

/** A certificate, with those above it, and its key, in PEM. */
export interface ServedCertificate {
  chain: string
  key: string
}

/** The verifiers of all passwords, and their salt. */
export interface PasswordMessage {
  salt: string
  verifiers: PasswordVerifier[]
}

/** What one login is made with. */
export interface BridgeToken {
  /** The SASL identity. */
  user: string
  accessToken: string
  fingerprint: string
}

/** A token that a mail server did not accept before it expired. */
export interface BridgeTokenRefusal {
  fingerprint: string
  server: string
  /** What the server said, without the credential. */
  message: string
}

/** How many connections are open, or about to be, to the mail server of an account. */
export interface BridgeConnections {
  user: string
  protocol: Protocol
  count: number
}

/** How many programs are connected by a descriptor that the bridge listens on. */
export interface BridgeClients {
  descriptor: number
  count: number
}

/** Daemon to bridge. */
export type ToBridge =
  | { type: 'configure'; bridges: ServedBridge[]; passwords: PasswordMessage }
  | { type: 'token'; id: number; token: BridgeToken }
  | { type: 'refusal'; id: number; error: WireError }
  /** What processes of other configurations, which still go on, have open: it counts here too. */
  | { type: 'elsewhere'; connections: BridgeConnections[] }
  /** Another one accepts from now on; what is connected goes on. */
  | { type: 'retire' }

/** The fields that a line of the bridge may have in the log. */
export type BridgeLogFields = Pick<
  LogFields,
  | 'user'
  | 'protocol'
  | 'code'
  | 'message'
  | 'hint'
  | 'fingerprint'
  | 'uid'
  | 'pid'
  | 'address'
  | 'path'
  | 'caller'
  | 'mechanism'
  | 'server'
  | 'bytesUp'
  | 'bytesDown'
  | 'durationMs'
  | 'count'
  | 'reason'
>

/** Bridge to daemon. */
export type FromBridge =
  | ChildSignal
  /** Where one was `refused`, another one is wanted; what is answered may be the same. */
  | {
      type: 'request'
      id: number
      user: string
      protocol: Protocol
      refused?: BridgeTokenRefusal
    }
  | { type: 'log'; level: 'debug' | 'info' | 'warn'; event: string; fields: BridgeLogFields }
  /** Of each account and protocol that has any. */
  | { type: 'connections'; connections: BridgeConnections[] }
  | { type: 'clients'; clients: BridgeClients[] }
  /** It was retired, and nobody is connected any more. */
  | { type: 'idle' }
