import { MailLoginRefusedError } from '../errors.ts'
import { type Credential, formatCredential } from '../sasl/output-format.ts'
import type { Dialogue } from './dialogue.ts'
import { printable } from './printable.ts'

/** The mechanisms that take a token, the one that both big providers know first. */
const mechanisms = ['XOAUTH2', 'OAUTHBEARER'] as const
export type Mechanism = (typeof mechanisms)[number]

/** What a login is tried with. */
export interface LoginAttempt {
  /** TLS from the first byte: STARTTLS has no place. */
  isImplicitTls: boolean
  credential: Credential
}

/** What a server says to a login. */
export interface LoginReply {
  /** Of the reply that decided. */
  code: string
  /** Its text without the code, one character a byte. */
  text: string
  /** The error challenge that came before it, decoded (RFC 7628 section 3.2.2). */
  challenge?: string
}

/** The better of the mechanisms that a server offers. @throws MailLoginRefusedError */
export function chooseMechanism(dialogue: Dialogue, offered: readonly string[]): Mechanism {
  const found = mechanisms.find((mechanism) => offered.includes(mechanism))
  if (found !== undefined) return found
  const list = offered.length === 0 ? 'none' : printable(offered.join(', ')).slice(0, 400)
  throw new MailLoginRefusedError(
    `the server does not accept tokens; its mechanisms are: ${list}`,
    {
      hint:
        dialogue.provider === 'microsoft'
          ? 'check host and port; SMTP AUTH may be off for the tenant: an administrator can switch it on'
          : 'compare host and port with those that your provider publishes for mail programs',
    },
  )
}

/** The client's message of a mechanism in base64, as AUTH sends it. */
export function initialResponse(mechanism: Mechanism, credential: Credential): string {
  return formatCredential(credential, mechanism === 'XOAUTH2' ? 'xoauth2-b64' : 'oauthbearer-b64')
}

/**
 * Ends a mechanism whose server sent an error challenge instead of its verdict, which comes only after
 * this: an empty line, or ^A in base64 for OAUTHBEARER. Returns what the challenge says.
 */
export function answerChallenge(
  dialogue: Dialogue,
  mechanism: Mechanism,
  challenge: string,
): string {
  dialogue.send(mechanism === 'XOAUTH2' ? '' : 'AQ==')
  return dialogue.mask(Buffer.from(challenge, 'base64').toString('latin1'))
}
