import type { AccountConfiguration } from '../../configuration/configuration.ts'
import { errorFinding, type Finding, ok } from '../../configuration/finding.ts'
import { isCmsOauthError } from '../../errors.ts'
import { type MailServer, parseServer, writeServer } from '../../mail/mail-server.ts'
import { printable } from '../../mail/printable.ts'
import type { Credential, Protocol } from '../../sasl/output-format.ts'
import { type CommandLine, loginTestOptions } from '../options.ts'
import { serversOf } from '../../accounts/service-of.ts'

/**
 * The server for a login test: the one that was named, else the provider's if it is known.
 * @throws UsageError
 */
export function serverFor(
  account: AccountConfiguration | undefined,
  protocol: Protocol,
  options: CommandLine['options'],
): MailServer | undefined {
  const given = options[loginTestOptions[protocol]]
  if (given !== undefined) return parseServer(given, protocol)
  const known = account && serversOf(account)?.[protocol]
  return known === undefined ? undefined : parseServer(known, protocol)
}

/** Logs in as a mail program does, and logs out again. */
export async function checkLogin(
  server: MailServer,
  credential: Credential,
  grant: string,
): Promise<Finding> {
  const { protocol, account } = credential
  const where = `${account}: ${protocol} at ${writeServer(server)}`
  try {
    // TLS and the dialogues: only for who has a server to try.
    const { tryLogin } = await import('../../mail/login-test.ts')
    const { code, text } = await tryLogin({
      server,
      credential,
      isAppOnly: grant === 'client_credentials' || grant === 'service_account',
      print: () => {},
    })
    return ok('login', `${where}: ${code} ${printable(text)}`.slice(0, 200))
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    const finding = errorFinding('login', error)
    return { ...finding, text: `${where}: ${finding.text}` }
  }
}
