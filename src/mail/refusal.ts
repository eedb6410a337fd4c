import { MailLoginRefusedError } from '../errors.ts'
import type { LoginReply } from './login.ts'

/** What known refusals mean, and the next step: the first that fits. */
const explanations: { pattern: RegExp; hint: string }[] = [
  {
    pattern: /5\.7\.139/,
    hint: 'SMTP AUTH is off for the tenant or the mailbox: an administrator switches on "Authenticated SMTP" for the mailbox in the Exchange admin center (Set-CASMailbox -SmtpClientAuthenticationDisabled $false)',
  },
  {
    pattern: /5\.7\.3\b/,
    hint: 'the token or the identity is wrong: for a shared mailbox SMTP wants the delegate in sasl_user, IMAP the shared address; the token needs the scope SMTP.Send',
  },
  {
    pattern: /5\.7\.8/,
    hint: 'the server takes this token for another account, or not at all: compare --user with the account that signed in, and run "cms-oauth refresh"',
  },
  {
    pattern: /5\.5\.127/,
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
    pattern: /AUTHENTICATIONFAILED|authenticate failed/i,
    hint: 'the server refuses the token: compare --user with the account that signed in, and the scopes of the account (IMAP.AccessAsUser.All) with the protocols of the socket',
  },
  {
    pattern: /^555|^501/,
    hint: 'the server cannot read the credential: a line of it may have been cut or encoded twice on the way; run the test with another network',
  },
  { pattern: /^(421|454|4\d\d)/, hint: 'the server cannot do it now: try again later' },
  {
    pattern: /^53[45]/,
    hint: 'the server refuses the token: run "cms-oauth refresh", then compare --user, scopes and sasl_user',
  },
]

/** The error of a login that was refused: the server's own words, and the next step. */
export function refusal({ code, text, challenge }: LoginReply): MailLoginRefusedError {
  const said = `${code} ${text.replaceAll('\n', ' ')}`.replace(/[^\x20-\x7e]/g, ' ').trim()
  const detail =
    challenge === undefined || challenge === '' ? '' : `; its challenge was ${challenge}`
  const known = explanations.find(({ pattern }) => pattern.test(said))
  return new MailLoginRefusedError(`the server refused: ${said.slice(0, 400)}${detail}`, {
    hint: known?.hint ?? 'look the words up in the documentation of the provider',
  })
}
