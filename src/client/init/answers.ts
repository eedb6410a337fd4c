import type { LocalTlsMode } from '../../configuration/local-listener.ts'
import type { MailServiceName } from '../../provider-facts/mail-services.ts'
import type { MailProgramName } from './mail-programs.ts'
import type { PasswordProgramName } from './password-programs.ts'

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

/** A device in a network of this machine. */
export interface Device {
  /** Of this machine, where the device finds it. */
  host: string
  /** Who may connect, as `networks` has it. */
  network: string
  tls: Exclude<LocalTlsMode, 'starttls'>
}

/** A program that knows only passwords. */
export interface BridgeAnswers {
  program: PasswordProgramName
  /** The mail server; absent: it follows from the account. */
  server?: string
  /** Absent: the program runs on this machine. */
  device?: Device
}

/** What to write about mail of this machine. */
export interface NewOutbox {
  user: string
  noticeTo: string
  /** Absent: it is sent by an API, or to a server that is known. */
  smtp?: string
}

/** The answers that `init` was given. */
export interface Answers {
  user: string
  service: MailServiceName
  hosts: MailHosts
  program: MailProgramName | 'none'
  /** In place of `program`, which is `none` then. */
  bridge?: BridgeAnswers
  /** In place of both: mail of this machine goes to this address. */
  noticeTo?: string
  /** Absent: the configuration has it already. */
  account?: NewAccount
}
