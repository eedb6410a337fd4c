import type { ListenAddress } from './listen-address.ts'

/** Who is let in: who shows a password, whom the kernel names, or who is in a network. */
export const bridgeCallers = ['password', 'peer', 'network'] as const
export type BridgeCaller = (typeof bridgeCallers)[number]

/** TLS with programs: none, as they like, after STARTTLS (STLS) only, or from the first byte on. */
export const localTlsModes = ['off', 'starttls', 'required', 'implicit'] as const
export type LocalTlsMode = (typeof localTlsModes)[number]

/** Where programs that know only passwords connect to, and which of them are let in. */
export interface LocalListener {
  /** Without those that systemd opens for a name. */
  listen: ListenAddress[]
  users: BridgeUser[]
  callers: BridgeCaller[]
  /** Who may connect from other machines, like `192.168.7.0/24`. */
  networks: string[]
  tls: LocalTlsMode
  /** Absent: the one that all such listeners share. */
  certificate?: CertificateFiles
}

/** Where a certificate, with those above it, and its key are. */
export interface CertificateFiles {
  path: string
  keyPath: string
}

/** A user name that programs send, besides the addresses. */
export interface BridgeUser {
  name: string
  /** The address it stands for. */
  user: string
}
