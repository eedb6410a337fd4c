import type { Protocol } from '../sasl/output-format.ts'

/**
 * Where mail goes and comes from, as `--test-smtp` takes it: `HOST` is 587 with STARTTLS, 993 or 995;
 * `HOST:465` starts with TLS. A protocol that does not take tokens there is not in it.
 */
export type MailServers = Partial<Record<Protocol, string>>

/** What is known of who keeps mailboxes, as far as a person at a terminal needs it. */
export interface MailService {
  /** What it is, for who does not know the name. */
  help: string
  /** What comes after `user` in [[account]], one line each. */
  lines: readonly string[]
  /** Whether the registration has a secret besides its id. */
  secret: 'needed' | 'none' | 'maybe'
  /** Where a client id comes from. */
  registration: string
  /** How a client id looks; absent: any text. */
  clientId?: { isOne: (text: string) => boolean; example: string }
  /** Whether an application can sign in there, and how it proves itself. */
  appOnly?: 'client_credentials' | 'service_account'
  /** Its users sign in by device code too. */
  hasDeviceCode: boolean
  /** Absent: not known. */
  servers?: MailServers
  /** In place of `servers`, by the name that `cloud` has. */
  cloudServers?: Readonly<Record<string, MailServers>>
  /** Further hosts of it that may be given a token. */
  otherServers?: readonly string[]
  /** Domains whose mailboxes are here for sure; `name.*` is one under every top-level domain. */
  domains: readonly string[]
}
