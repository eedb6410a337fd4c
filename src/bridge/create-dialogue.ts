import { greetingName } from '../mail/greeting-name.ts'
import type { Protocol } from '../sasl/output-format.ts'
import type { Dialogue, Gate } from './gate.ts'
import { ImapDialogue } from './imap/imap-dialogue.ts'
import { PopDialogue } from './pop/pop-dialogue.ts'
import { SmtpDialogue } from './smtp/smtp-dialogue.ts'

/** The dialogue of a bridge before the pipe, by its protocol. */
export function createDialogue(protocol: Protocol, gate: Gate): Dialogue {
  switch (protocol) {
    case 'SMTP':
      return new SmtpDialogue({ gate, hostname: greetingName() })
    case 'IMAP':
      return new ImapDialogue(gate)
    case 'POP':
      return new PopDialogue(gate)
  }
}
