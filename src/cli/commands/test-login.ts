import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { ConfigInvalidError, UsageError } from '../../errors.ts'
import { Dialogue } from '../../mail/dialogue.ts'
import { loginToImap } from '../../mail/imap-login.ts'
import type { LoginReply } from '../../mail/login.ts'
import { loginToPop } from '../../mail/pop-login.ts'
import { printable } from '../../mail/printable.ts'
import { type MailServer, parseServer } from '../../mail/mail-server.ts'
import { loginToSmtp } from '../../mail/smtp-login.ts'
import type { Credential, Protocol } from '../../sasl/output-format.ts'
import { fetchCredential } from '../../socket/fetch.ts'
import { socketOf, userOf } from '../fetch-command.ts'
import type { CommandLine } from '../options.ts'
import { pythonBytes } from '../python-bytes.ts'

const tests = { 'test-smtp': 'SMTP', 'test-imap': 'IMAP', 'test-pop': 'POP' } as const

const logins = { SMTP: loginToSmtp, IMAP: loginToImap, POP: loginToPop }
const farewells = { SMTP: 'QUIT', IMAP: 'bye LOGOUT', POP: 'QUIT' }

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
  const reply = await login(server, credential, options.verbose === true)
  print(lastLine(protocol, reply))
  return 0
}

async function login(
  server: MailServer,
  credential: Credential,
  isVerbose: boolean,
): Promise<LoginReply> {
  const { protocol, accessToken } = credential
  const dialogue = await Dialogue.open({ server, ca: authorities(), accessToken, print, isVerbose })
  try {
    return await logins[protocol](dialogue, { isImplicitTls: server.isImplicitTls, credential })
  } finally {
    dialogue.close(farewells[protocol])
  }
}

async function readCredential(user: string, protocol: Protocol, path: string): Promise<Credential> {
  const json = await fetchCredential({ path, user, protocol, format: 'json' })
  const answer = JSON.parse(json) as { user: string; access_token: string }
  return { account: user, user: answer.user, protocol, accessToken: answer.access_token }
}

/**
 * The program's first line moves NODE_EXTRA_CA_CERTS out of Node's way, so that fetching a token does
 * not pay for it; here it counts.
 */
function authorities(): string[] | undefined {
  const path = process.env['CMS_OAUTH_EXTRA_CA'] ?? ''
  if (path === '') return undefined
  try {
    return [...rootCertificates, readFileSync(path, 'utf8')]
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigInvalidError(`NODE_EXTRA_CA_CERTS="${path}" cannot be read: ${code}`, {
      hint: 'correct the path or unset it',
      cause: error,
    })
  }
}

/** For SMTP as Python's smtplib prints it, which the original's users know. */
function lastLine(protocol: Protocol, { code, text }: LoginReply): string {
  if (protocol === 'SMTP') return `reply: retcode (${code}); Msg: ${pythonBytes(text)}`
  return `reply: ${code} ${printable(text)}`
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
