import type { MailServiceName } from '../../provider-facts/mail-services.ts'
import type { MailProgramName } from './mail-programs.ts'

/** Where mail goes and comes from, each `HOST` or `HOST:PORT`. */
export interface MailHosts {
  smtp: string
  imap: string
}

/** What to write about an account. */
export interface NewAccount {
  service: MailServiceName
  /** True if an application signs in, not a person. */
  isAppOnly: boolean
  /** Empty: to be filled in later, or not needed. */
  clientId: string
  tenant?: string
  /** To be written to a file of its own. */
  secret?: string
  serviceAccountFile?: string
  /** For an unknown service. */
  issuer?: string
  scopes?: readonly string[]
}

/** The answers that `init` was given. */
export interface Answers {
  user: string
  service: MailServiceName
  hosts: MailHosts
  program: MailProgramName | 'none'
  /** Absent: the configuration has it already. */
  account?: NewAccount
}
