import type {
  BridgeCertificateAnswer,
  BridgePassword,
  BridgesAnswer,
} from '../../messages/bridge-api.ts'

/** The passwords of the bridges; every function may throw a CmsOauthError. */
export interface Passwords {
  all(): BridgePassword[]
  /** Returns the password, for the only time. */
  add(name: string, accounts: string[] | undefined): string
  remove(name: string): void
  /** A password for a login that only tries a bridge: good for a minute, and kept in memory alone. */
  addTrial(): string
}

/** What the control socket needs of the bridges. */
export interface BridgeManagement {
  /** Those of all bridges, configured or not. */
  passwords(): Promise<Passwords>
  /** Where they listen, and what went wrong lately. */
  overview(): BridgesAnswer
  /** The accounts for which one of them, or an outbox, asks for a password. */
  accountsWithPasswords(): string[]
  /** How many connections are open, by account; those without are not in it. */
  connections(): ReadonlyMap<string, number>
  /** What clients are to trust. @throws CmsOauthError */
  certificate(): Promise<BridgeCertificateAnswer>
}
