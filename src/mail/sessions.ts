import { ImapSession } from './imap-session.ts'
import { PopSession } from './pop-session.ts'
import { SmtpSession } from './smtp-session.ts'

/** The conversation of each protocol. */
export const sessions = { SMTP: SmtpSession, IMAP: ImapSession, POP: PopSession }
