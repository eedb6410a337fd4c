import { UsageError } from '../../errors.ts'
import type { LoginReply } from '../../mail/login.ts'
import { parseServer } from '../../mail/mail-server.ts'
import { printable } from '../../mail/printable.ts'
import type { Protocol } from '../../sasl/output-format.ts'
import { socketOf, userOf } from '../fetch-command.ts'
import type { CommandLine } from '../options.ts'
import { pythonBytes } from '../python-bytes.ts'
import { readCredential, tryLogin } from '../try-login.ts'

const tests = { 'test-smtp': 'SMTP', 'test-imap': 'IMAP', 'test-pop': 'POP' } as const

/** `--test-smtp=HOST` and its kin: logs in and shows the conversation. @throws CmsOauthError */
export async function runLoginTest({ options }: CommandLine): Promise<number> {
  const names = (Object.keys(tests) as (keyof typeof tests)[]).filter((name) => name in options)
  const [name, ...others] = names
  if (name === undefined || others.length > 0) {
    throw new UsageError('one login test at a time', { hint: 'see "cms-oauth --help"' })
  }
  const protocol = tests[name]
  const server = parseServer(options[name] ?? '', protocol)
  const credential = await readCredential(userOf(options), protocol, socketOf(options))
  const reply = await tryLogin({ server, credential, print, isVerbose: options.verbose === true })
  print(lastLine(protocol, reply))
  return 0
}

/** For SMTP as Python's smtplib prints it, which the original's users know. */
function lastLine(protocol: Protocol, { code, text }: LoginReply): string {
  if (protocol === 'SMTP') return `reply: retcode (${code}); Msg: ${pythonBytes(text)}`
  return `reply: ${code} ${printable(text)}`
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
