import type { Protocol } from '../../src/sasl/output-format.ts'
import type { MailStep } from '../support/mail-server.ts'

/** How an honest server leads to the login, through STARTTLS. */
interface GoodLogin {
  /** Up to the handshake. */
  plain: MailStep[]
  /** From the handshake to the credential. */
  secure: MailStep[]
  /** What it says then. */
  ok: string
  /** What it offers in TLS. */
  capabilities: string[]
}

/** The tag of IMAP's login. */
export const theirTag = 'theirs.7'

/** One for each protocol. */
export const goodLogins: Record<Protocol, GoodLogin> = {
  SMTP: {
    plain: [
      { say: '220 mail.example ESMTP\r\n' },
      { hear: /^EHLO [\w.-]+$/ },
      { say: '250-mail.example\r\n250-SIZE 7\r\n250 STARTTLS\r\n' },
      { hear: /^STARTTLS$/ },
      { say: '220 go ahead\r\n' },
    ],
    secure: [
      { tls: true },
      { hear: /^EHLO / },
      { say: '250-mail.example\r\n250-SIZE 1000\r\n250 AUTH XOAUTH2\r\n' },
      { hear: /^AUTH XOAUTH2$/ },
      { say: '334 \r\n' },
      { hear: /^[\w+/=]+$/ },
    ],
    ok: '235 2.7.0 in\r\n',
    capabilities: ['SIZE 1000', 'AUTH XOAUTH2'],
  },
  IMAP: {
    plain: [
      { say: '* OK ready\r\n' },
      { hear: /^a1 STARTTLS$/ },
      { say: '* OK [ALERT] from in between\r\na1 OK go\r\n' },
    ],
    secure: [
      { tls: true },
      { hear: /^a2 CAPABILITY$/ },
      { say: '* CAPABILITY IMAP4rev1 IDLE AUTH=XOAUTH2\r\na2 OK\r\n' },
      { hear: new RegExp(`^${theirTag} AUTHENTICATE XOAUTH2$`) },
      { say: '+ \r\n' },
      { hear: /^[\w+/=]+$/ },
    ],
    ok: `* CAPABILITY X\r\n* LIST {3}\r\na\r\n b\r\n${theirTag} OK [X] in\r\n`,
    capabilities: ['IMAP4rev1', 'IDLE', 'AUTH=XOAUTH2'],
  },
  POP: {
    plain: [{ say: '+OK ready\r\n' }, { hear: /^STLS$/ }, { say: '+OK go\r\n' }],
    secure: [
      { tls: true },
      { hear: /^CAPA$/ },
      { say: '+OK\r\nTOP\r\nSASL XOAUTH2\r\n.\r\n' },
      { hear: /^AUTH XOAUTH2$/ },
      { say: '+ \r\n' },
      { hear: /^[\w+/=]+$/ },
    ],
    ok: '+OK in\r\n',
    capabilities: ['TOP', 'SASL XOAUTH2'],
  },
}
