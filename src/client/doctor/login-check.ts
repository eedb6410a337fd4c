import type { AccountConfiguration } from '../../configuration/configuration.ts'
import { failureOf, type Finding, ok } from '../../configuration/finding.ts'
import { isCmsOauthError } from '../../errors.ts'
import { tryLogin } from '../../mail/login-test.ts'
import { type MailServer, parseServer, writeServer } from '../../mail/mail-server.ts'
import { printable } from '../../mail/printable.ts'
import type { MailServers } from '../../provider-facts/mail-service.ts'
import { findService } from '../../provider-facts/mail-services.ts'
import { cloudServers } from '../../provider-facts/microsoft.ts'
import type { Credential, Protocol } from '../../sasl/output-format.ts'
import { serviceOf } from '../service-of.ts'
import { type CommandLine, loginTestOptions } from '../options.ts'

/**
 * Where to try a login: the server named, else that of a provider whose servers are known.
 * @throws UsageError
 */
export function serverFor(
  account: AccountConfiguration | undefined,
  protocol: Protocol,
  options: CommandLine['options'],
): MailServer | undefined {
  const given = options[loginTestOptions[protocol]]
  if (given !== undefined) return parseServer(given, protocol)
  const known = account && knownServers(account)?.[protocol]
  return known === undefined ? undefined : parseServer(known, protocol)
}

/** Undefined for an account that is configured for servers other than its provider's own. */
function knownServers(account: AccountConfiguration): MailServers | undefined {
  const { provider, cloud = 'global', authority, tokenEndpoint } = account
  if (authority !== undefined || tokenEndpoint !== undefined) return undefined
  if (provider === 'office365' && cloud !== 'global') return cloudServers[cloud]
  return findService(serviceOf(account)).servers
}

/** Logs in as a mail program does, and leaves again. */
export async function checkLogin(
  server: MailServer,
  credential: Credential,
  grant: string,
): Promise<Finding> {
  const { protocol, account } = credential
  const where = `${account}: ${protocol} at ${writeServer(server)}`
  try {
    const { code, text } = await tryLogin({
      server,
      credential,
      isAppOnly: grant === 'client_credentials' || grant === 'service_account',
      print: () => {},
    })
    return ok('login', `${where}: ${code} ${printable(text)}`.slice(0, 200))
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    const finding = failureOf('login', error)
    return { ...finding, text: `${where}: ${finding.text}` }
  }
}
