import { MailLoginRefusedError, ProviderUnavailableError } from '../errors.ts'
import type { LoginReply } from './login.ts'
import { printable } from './printable.ts'

/** What known refusals mean, and the next step: the first that fits. */
const explanations: { pattern: RegExp; hint: string }[] = [
  {
    pattern: /\b5\.7\.139\b/,
    hint: 'SMTP AUTH is off for the tenant or the mailbox: an administrator switches on "Authenticated SMTP" for the mailbox in the Exchange admin center (Set-CASMailbox -SmtpClientAuthenticationDisabled $false)',
  },
  {
    pattern: /\b5\.7\.3\b/,
    hint: 'the token or the identity is wrong: for a shared mailbox SMTP wants the delegate in sasl_user, IMAP the shared address; the token needs the scope SMTP.Send',
  },
  {
    pattern: /\b5\.7\.8\b/,
    hint: 'the server takes this token for another account, or not at all: compare --user with the account that signed in, and run "cms-oauth refresh"',
  },
  {
    pattern: /\b5\.5\.127\b/,
    hint: 'the token is too near to its end for this server (HVE wants ten minutes): set before_expiry = "20m", then run "cms-oauth refresh"',
  },
  {
    pattern: /authenticated but not connected/i,
    hint: 'the token is good, but not for this mailbox: compare sasl_user and the permissions of the mailbox; IMAP or POP may be off for it',
  },
  {
    pattern: /^SELECT/,
    hint: 'the login was accepted, but the mailbox cannot be opened: it may be the token of another account',
  },
  {
    pattern: /^(STARTTLS|STLS)/,
    hint: 'the token was not sent: use the port that begins with TLS, 993 for IMAP, 995 for POP',
  },
  {
    pattern: /AUTHENTICATIONFAILED|authenticat\w+ fail|\[AUTH\]/i,
    hint: 'the server refuses the token: compare --user with the account that signed in, and the scopes of the account (like IMAP.AccessAsUser.All) with the protocols of the socket',
  },
  {
    pattern: /^555|^501/,
    hint: 'the server cannot read the credential: a line of it may have been cut or encoded twice on the way; run the test with another network',
  },
  {
    pattern: /^53[45]/,
    hint: 'the server refuses the token: run "cms-oauth refresh", then compare --user, scopes and sasl_user',
  },
]

/** Replies that ask for patience: SMTP's 4yz, RFC 5530's UNAVAILABLE, RFC 3206's SYS/TEMP. */
const transient = /^4\d\d |\[UNAVAILABLE\]|\[SYS\/TEMP\]/i

/** The error of a login that was refused: the server's own words, and the next step. */
export function refusal({
  code,
  text,
  challenge = '',
}: LoginReply): MailLoginRefusedError | ProviderUnavailableError {
  const said = short(`${code} ${text.replaceAll('\n', ' ')}`)
  const detail = challenge === '' ? '' : `; its challenge was ${short(challenge)}`
  const message = `the server refused: ${said}${detail}`
  if (transient.test(said)) {
    return new ProviderUnavailableError(message, {
      hint: 'the server cannot do it now: try again later',
    })
  }
  const known = explanations.find(({ pattern }) => pattern.test(said))
  return new MailLoginRefusedError(message, {
    hint: known?.hint ?? 'look the words up in the documentation of the provider',
  })
}

function short(text: string): string {
  return printable(text.trim()).slice(0, 400)
}
