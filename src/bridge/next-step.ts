import { denials } from './denials.ts'
import { tooManyMistakes } from './mistakes.ts'

const password = 'run "cms-oauth bridge add-password NAME" for a password of its own'
const login = `${password}; its user name is the address of the account`
const update = 'the program does not keep to the protocol: update it, or use another one'
const trust = 'let the program trust what "cms-oauth bridge certificate" prints'

/** By how a reason begins that the bridge gives in a few words. */
const steps: readonly (readonly [reason: string, step: string])[] = [
  ['wrong user name or password', login],
  [tooManyMistakes.passwords, login],
  ['only passwords are taken here', login],
  ['only other machines, in "networks", need no password here', login],
  ['it is unknown whose program this is', login],
  [
    '"allow" does not list the user',
    `add the user to "allow" in the configuration, or ${password}`,
  ],
  ['the sender is not in "accounts"', 'set "account" in the configuration for all other senders'],
  ['no account is named', 'set "account" in the configuration'],
  ['it is not in "networks"', 'add its address to "networks" if it may send or read mail here'],
  ['too many open connections', 'close programs that keep many, or let them open fewer at a time'],
  [denials.tlsOff, 'set tls = "starttls" here, or turn TLS off in the program'],
  [
    denials.tlsRequired,
    'turn on STARTTLS (STLS) in the program; for one that cannot, see "tls" and "plaintext" in cms-oauth.toml(5)',
  ],
  [denials.noPasswords, 'let the program send none, or add "password" to "caller"'],
  [denials.unreadable, update],
  [
    'the program left without trying',
    'compare its settings for TLS and for how it logs in with those here',
  ],
  ['the program tries to log in by', 'let the program use PLAIN or LOGIN ("normal password")'],
  [tooManyMistakes.unknown, 'check whether the program is set to the protocol of this port'],
  ['a web page?', 'nothing has to be done, unless it is your program: then check its port'],
  ['a line that cannot be used', update],
  ['a literal that is too long', update],
  ['BDAT was not offered', update],
  ['more came before TLS began', update],
  ['the program knows no TLS of version 1.2', 'update the program, or use a port without TLS'],
  ['the program does not trust the certificate', trust],
  ['the program left while TLS began', trust],
]

/** What to do about a reason; empty where the reason says so itself, or only the rest of the log can tell. */
export function nextStepOf(reason: string): string {
  return steps.find(([start]) => reason.startsWith(start))?.[1] ?? ''
}
