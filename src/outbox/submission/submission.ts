/** A message as a caller handed it over, and what is known of the caller and the machine. */
import type { CallerKind } from '../../spool/entry.ts'

/** Who the kernel says that the caller is, or the bridge. */
export interface Caller {
  uid: number
  /** Its name in the user database; the uid where it has none. */
  login: string
  /** Absent: `login` is of `uid`. Else it is the name of a password, or an address, and `uid` is ours. */
  by?: CallerKind
}

/** What the machine is called, and whom its names mean. */
export interface Machine {
  /** As `hostname` says. */
  host: string
  /** Its other names: the one with a domain, that of /etc/mailname. */
  names: string[]
  /** The plain targets of /etc/aliases: see parseAliasFile. */
  aliases: Record<string, string[]>
}

/** Who gets a message, whatever is in it, and of whom it is said to be, as SMTP names them. */
export interface SmtpEnvelope {
  /** As RecipientList gives them. */
  recipients: string[]
  sender: string
}

/** A message as it came. */
export interface Submission {
  /** Of the entry in the spool: names the message where its program did not. */
  id: string
  /** When it was accepted, in ms. */
  at: number
  message: Buffer
  /** Of the whole, where only its beginning came. */
  size: number
}

/** What is stored and sent. */
export interface PreparedMessage {
  /** The envelope: nobody else is in To, Cc and Bcc, and with `encoding` api everybody of it is. */
  recipients: string[]
  /** In CRLF and ASCII. */
  message: Buffer
  messageId: string
  /** The account's address, where From has it. */
  from?: string
  /** For people. */
  subject: string
}
