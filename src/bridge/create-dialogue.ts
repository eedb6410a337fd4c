import { hostname } from 'node:os'
import type { Protocol } from '../sasl/output-format.ts'
import type { Dialogue, Gate } from './gate.ts'
import { ImapDialogue } from './imap/imap-dialogue.ts'
import { PopDialogue } from './pop/pop-dialogue.ts'
import { SmtpDialogue } from './smtp/smtp-dialogue.ts'

/** The dialogue of a bridge before the pipe, by its protocol. */
export function createDialogue(protocol: Protocol, gate: Gate): Dialogue {
  switch (protocol) {
    case 'SMTP':
      return new SmtpDialogue({ gate, hostname: nameOfHost() })
    case 'IMAP':
      return new ImapDialogue(gate)
    case 'POP':
      return new PopDialogue(gate)
  }
}

function nameOfHost(): string {
  const name = hostname()
  return /^[A-Za-z0-9.-]{1,255}$/.test(name) ? name : 'localhost'
}
