import type { Protocol } from '../sasl/output-format.ts'

interface Ports {
  /** Where none is named. */
  usual: number
  /** Where TLS comes first. */
  implicitTls: number
  /** Where STARTTLS comes first; other protocols have none of these. */
  startTls: readonly [number, ...number[]]
  /** Names of URLs; with an "s" behind them TLS comes first. */
  schemes: readonly string[]
  option: string
  example: string
}

/** RFC 8314 section 7.3 and what is in use besides. */
export const mailPorts: Record<Protocol, Ports> = {
  SMTP: {
    usual: 587,
    implicitTls: 465,
    startTls: [587, 25, 2525],
    schemes: ['smtp', 'submission'],
    option: '--test-smtp',
    example: 'smtp.office365.com',
  },
  IMAP: {
    usual: 993,
    implicitTls: 993,
    startTls: [143],
    schemes: ['imap'],
    option: '--test-imap',
    example: 'outlook.office365.com',
  },
  POP: {
    usual: 995,
    implicitTls: 995,
    startTls: [110],
    schemes: ['pop', 'pop3'],
    option: '--test-pop',
    example: 'outlook.office365.com',
  },
}
