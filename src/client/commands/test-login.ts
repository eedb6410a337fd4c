import { UsageError } from '../../errors.ts'
import { tryLogin } from '../../mail/login-test.ts'
import type { LoginReply } from '../../mail/session.ts'
import { parseServer } from '../../mail/mail-server.ts'
import { printable } from '../../mail/printable.ts'
import { type Protocol, protocols } from '../../sasl/output-format.ts'
import { socketOf, userOf } from '../fetch-command.ts'
import { type CommandLine, loginTestOptions } from '../options.ts'
import { pythonBytes } from '../python-bytes.ts'
import { readCredential } from '../read-credential.ts'

/** `--test-smtp=HOST` and the others: logs in and shows the conversation. @throws CmsOauthError */
export async function runLoginTest({ options }: CommandLine): Promise<number> {
  const asked = protocols.filter((protocol) => loginTestOptions[protocol] in options)
  const [protocol, ...others] = asked
  if (protocol === undefined || others.length > 0) {
    throw new UsageError('one login test at a time', { hint: 'see "cms-oauth --help"' })
  }
  const server = parseServer(options[loginTestOptions[protocol]] ?? '', protocol)
  const credential = await readCredential(userOf(options), protocol, socketOf(options))
  const reply = await tryLogin({ server, credential, print, isVerbose: options.verbose === true })
  print(lastLine(protocol, reply))
  return 0
}

/** For SMTP in the form of Python's smtplib, as the original program prints it. */
function lastLine(protocol: Protocol, { code, text }: LoginReply): string {
  if (protocol === 'SMTP') return `reply: retcode (${code}); Msg: ${pythonBytes(text)}`
  return `reply: ${code} ${printable(text)}`
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
