/**
 * Finds values of an account that the provider or the mail servers will refuse (provider_rejected); a start
 * does not mind them.
 */
import { readFileSync } from 'node:fs'
import type { AccountConfiguration, Configuration } from '../../configuration/configuration.ts'
import { failure, type Finding, warning } from '../../configuration/finding.ts'
import { senderOf } from '../../configuration/outbox-configuration.ts'
import { gmailScope, isGoogleClientId } from '../../provider-facts/google.ts'
import { serviceOfAddress, withoutOauthAt } from '../../provider-facts/mail-services.ts'
import { exchangeResource, isGuid, microsoft } from '../../provider-facts/microsoft.ts'
import { factsOf } from '../../provider-facts/providers.ts'
import { type SendingApi, sendScopes } from '../../provider-facts/sending/sending-api.ts'
import { insteadOfOauth, offersNoOauth } from '../../provider-facts/without-oauth.ts'
import type { Protocol } from '../../sasl/output-format.ts'
import { tenantFinding } from './tenant-values.ts'

/** Checks one account in its configuration; what it has tokens for beside mail is as it says. */
export function accountFindings(
  account: AccountConfiguration,
  configuration: Configuration,
): Finding[] {
  if (account.resource !== undefined) return []
  const rules = [
    clientIdFinding,
    tenantFinding,
    scopesFinding,
    offerFinding,
    redirectFinding,
    personFinding,
  ]
  return rules
    .flatMap((rule) => rule(account, configuration))
    .map((finding) => ({ ...finding, user: account.user }))
}

/** True if the endpoints are not the provider's own: such a server may have rules of its own. */
function isElsewhere({ authority, tokenEndpoint }: AccountConfiguration): boolean {
  return authority !== undefined || tokenEndpoint !== undefined
}

function clientIdFinding(account: AccountConfiguration): Finding[] {
  const { user, clientId, provider, grant } = account
  if (grant === 'service_account') return []
  const refuse = (what: string, hint: string) => [
    failure('client_id', 'provider_rejected', `the client_id of "${user}" ${what}`, hint),
  ]
  const copy =
    provider === 'office365'
      ? 'copy "Application (client) ID" from the overview of the app registration'
      : 'copy the client ID from the page of the provider'
  if (/\s/.test(clientId)) return refuse('has a blank in it', copy)
  if (/[<>]|^\.\.\.$|your|example|^0{8}-/i.test(clientId) && !isElsewhere(account)) {
    return refuse('is the placeholder of an example', copy)
  }
  if (isElsewhere(account)) return []
  if (provider === 'office365' && !isGuid(clientId)) {
    return refuse('is not an application ID of Microsoft, which has 32 digits in five groups', copy)
  }
  if (provider === 'gmail' && !isGoogleClientId(clientId)) {
    return refuse('is not a client ID of Google, which ends in ".apps.googleusercontent.com"', copy)
  }
  return []
}

function scopesFinding(account: AccountConfiguration, configuration: Configuration): Finding[] {
  const { user, provider, scopes, grant } = account
  if (scopes === undefined || isElsewhere(account)) return []
  const api = sendingApiOf(user, configuration)
  if (api !== undefined) return sendScopeFinding(account, scopes, api)
  const leaveOut = 'leave out "scopes": what the protocols of the sockets need is asked for then'
  if (provider === 'gmail') {
    if (scopes.includes(gmailScope)) return []
    const text = `the scopes of "${user}" lack "${gmailScope}", the only one for SMTP, IMAP and POP`
    return [failure('scopes', 'provider_rejected', text, leaveOut)]
  }
  if (provider !== 'office365') return []
  if (grant === 'client_credentials') return appScopeFinding(user, scopes)
  const foreign = scopes.find((scope) => /^https:|\./.test(scope) && !exchangeResource.test(scope))
  if (foreign !== undefined) {
    const text = `the scope "${foreign}" of "${user}" is not one of Outlook, and gives no token for mail servers`
    return [failure('scopes', 'provider_rejected', text, leaveOut)]
  }
  if (scopes.some((scope) => scope.endsWith('/.default'))) return []
  return protocolsFor(user, configuration)
    .map((protocol) => ({ protocol, name: microsoft.scopes[protocol][0] }))
    .filter(({ name }) => !scopes.some((scope) => scope.endsWith(`/${name}`)))
    .map(({ protocol, name }) => {
      const text = `"${user}" is served for ${protocol}, and its scopes have no ${name}`
      return warning('scopes', text, leaveOut)
    })
}

/** AADSTS1002012: the permissions of an application are those that it was given, all of them or none. */
function appScopeFinding(user: string, scopes: readonly string[]): Finding[] {
  const named = scopes.find((scope) => !scope.endsWith('/.default'))
  if (named === undefined) return []
  const text = `the scope "${named}" of "${user}" is one of persons: an application on its own asks for one that ends in "/.default"`
  return [failure('scopes', 'provider_rejected', text, 'leave out "scopes"')]
}

/** By which API an outbox sends with the account. */
function sendingApiOf(user: string, { outboxes }: Configuration): SendingApi | undefined {
  const via = outboxes.find((outbox) => senderOf(outbox) === user)?.route.via
  return via === 'smtp' ? undefined : via
}

function sendScopeFinding(
  { user, cloud, grant }: AccountConfiguration,
  scopes: readonly string[],
  api: SendingApi,
): Finding[] {
  const [wanted = ''] = sendScopes(api, cloud, grant === 'client_credentials')
  if (scopes.includes(wanted) || (api === 'gmail-api' && scopes.includes(gmailScope))) return []
  const text = `the scopes of "${user}" lack "${wanted}", by which its outbox sends`
  const hint = 'leave out "scopes": what the outbox needs is asked for then'
  return [failure('scopes', 'provider_rejected', text, hint)]
}

/** Protocols for which a provider has no scope: a token for another one is refused there. */
function offerFinding(account: AccountConfiguration, configuration: Configuration): Finding[] {
  const { user, preset, scopes: configured } = account
  const { scopes } = factsOf(account)
  if (preset === undefined || configured !== undefined || Array.isArray(scopes)) return []
  const offered: readonly string[] = Object.keys(scopes)
  const served = protocolsFor(user, configuration)
  const refused = served.filter((protocol) => !offered.includes(protocol))
  if (refused.length === 0) return []
  const text = `"${user}" is served for ${refused.join(' and ')}, for which the provider does not offer OAuth`
  const hint = `serve it for ${offered.join(' or ')} ("protocols" of its [[socket]]); a program that needs ${refused.join(' or ')} logs in with an app password`
  return refused.length === served.length
    ? [failure('scopes', 'provider_rejected', text, hint)]
    : [warning('scopes', text, hint)]
}

function protocolsFor(user: string, configuration: Configuration): Protocol[] {
  const { sockets, tokenFiles, bridges, outboxes } = configuration
  const serving = sockets.filter(({ accounts }) => accounts?.includes(user) !== false)
  const files = tokenFiles.filter(({ account }) => account === user)
  const bridged = bridges.filter(({ accounts }) => accounts.some((each) => each.user === user))
  const sends = outboxes.some(({ account, route }) => account === user && route.via === 'smtp')
  const all: Protocol[] = [
    ...(sends ? ['SMTP' as const] : []),
    ...bridged.map(({ protocol }) => protocol),
    ...serving.flatMap(({ protocols }) => protocols),
    ...files.map(({ protocol }) => protocol),
  ]
  return [...new Set(all)]
}

function redirectFinding(account: AccountConfiguration, { signIn }: Configuration): Finding[] {
  const { user, provider, redirectUri, grant } = account
  if (grant !== 'authorization_code') return []
  const found: Finding[] = []
  const url = redirectUri === undefined ? undefined : new URL(redirectUri)
  const [, given] = /^http:\/\/(?:\[.*?\]|[^:/]+):(\d+)/.exec(redirectUri ?? '') ?? []
  const port = Number(given ?? signIn.port)
  if (port > 0 && port < leastPort()) {
    const text = `the sign-in page of "${user}" would need port ${port}, which this user may not open`
    found.push(
      failure('redirect_uri', 'config_invalid', text, 'register and configure a port from 1024 on'),
    )
  }
  if (provider !== 'office365' || isElsewhere(account)) return found
  if (url?.protocol === 'http:' && url.hostname !== 'localhost') {
    const text = `Microsoft takes the redirect_uri "${redirectUri}" of "${user}" only as it is in the manifest, port included`
    found.push(
      warning(
        'redirect_uri',
        text,
        'register http://localhost under "Mobile and desktop applications", and leave out redirect_uri',
      ),
    )
  }
  return found
}

function leastPort(): number {
  if (process.getuid?.() === 0) return 1
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'))
  } catch {
    return 1_024
  }
}

function personFinding(account: AccountConfiguration): Finding[] {
  const { user, provider, loginHint } = account
  const found: Finding[] = []
  if (loginHint !== undefined && !loginHint.includes('@')) {
    const text = `the login_hint of "${user}" is not an address`
    found.push(warning('login_hint', text, 'write the address that this person signs in with'))
  }
  if (isElsewhere(account)) return found
  if (user.endsWith('.gserviceaccount.com')) {
    const text = `"${user}" is the address of a service account, which has no mailbox`
    return [failure('user', 'provider_rejected', text, 'set user to the mailbox that it acts for')]
  }
  const stranger = withoutOauthAt(user)
  if (stranger !== undefined) {
    const text = `"${user}" looks like a mailbox at ${stranger.name}, which ${offersNoOauth}`
    found.push(warning('provider', text, insteadOfOauth(stranger)))
  }
  const service = serviceOfAddress(user)
  if (
    (provider === 'office365' && service === 'gmail') ||
    (provider === 'gmail' && service === 'outlook')
  ) {
    const right = service === 'gmail' ? 'gmail' : 'office365'
    const text = `"${user}" is not an address of ${provider}`
    found.push(
      warning(
        'provider',
        text,
        `set provider = "${right}", unless somebody has this address as a second one`,
      ),
    )
  }
  return found
}
