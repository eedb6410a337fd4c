import type { Protocol } from '../sasl/output-format.ts'
import type { ScopeWords } from './provider-facts.ts'

/** Of a scope that is for one protocol alone. */
export const protocolWords: Record<Protocol, ScopeWords> = {
  SMTP: { asked: 'Send mail from this mailbox', missed: 'sending mail' },
  IMAP: {
    asked: 'Read, move and delete mail in this mailbox (IMAP)',
    missed: 'reading mail by IMAP',
  },
  POP: { asked: 'Read and delete mail in this mailbox (POP)', missed: 'reading mail by POP' },
}
