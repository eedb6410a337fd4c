import { MailLoginRefusedError } from '../errors.ts'
import type { Protocol } from '../sasl/output-format.ts'

/** How servers of a protocol begin to talk. */
const greetings: [begins: RegExp, name: string, test?: string][] = [
  [/^[2-5]\d\d[ -]/, 'an SMTP server', '--test-smtp'],
  [/^\* (?:OK|NO|BYE|PREAUTH)\b/i, 'an IMAP server', '--test-imap'],
  [/^(?:\+OK|-ERR)\b/, 'a POP server', '--test-pop'],
  [/^HTTP\//, 'a web server'],
  [/^SSH-/, 'an SSH server'],
]

const ports: Record<Protocol, string> = {
  SMTP: '587 for submission, 465 with TLS from the start',
  IMAP: '993 with TLS from the start, 143 with STARTTLS',
  POP: '995 with TLS from the start, 110 with STLS',
}

/** The error of a server that talks in another way than `protocol` does; its line says which. */
export function otherProtocol(protocol: Protocol, line: string): MailLoginRefusedError {
  const [, name, test] = greetings.find(([begins]) => begins.test(line.slice(0, 100))) ?? []
  const compare = `check host and port: ${ports[protocol]}`
  const instead = test === undefined ? '' : ` (${test} tries that)`
  return new MailLoginRefusedError(`the server does not speak ${protocol}`, {
    hint: name === undefined ? compare : `it talks like ${name}${instead}; ${compare}`,
  })
}
