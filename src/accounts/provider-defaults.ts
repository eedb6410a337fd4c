import type { AccountConfiguration } from '../configuration/configuration.ts'
import type { Protocol } from '../sasl/output-format.ts'

/** The single endpoints that a configuration or preset overrides (RFC 8414 names). */
export interface EndpointOverrides {
  authorization?: string
  token?: string
  deviceAuthorization?: string
  revocation?: string
}

/** What differs between Microsoft's clouds: where people sign in, and whose mail the scopes name. */
interface Cloud {
  authority: string
  /** Of the delegated scopes. */
  resource: string
  /** Of the scope that an application asks for itself. */
  appResource: string
}

const clouds: Record<NonNullable<AccountConfiguration['cloud']>, Cloud> = {
  global: {
    authority: 'https://login.microsoftonline.com',
    resource: 'https://outlook.office.com',
    appResource: 'https://outlook.office365.com',
  },
  'us-gov-high': {
    authority: 'https://login.microsoftonline.us',
    resource: 'https://outlook.office365.us',
    appResource: 'https://outlook.office365.us',
  },
  'us-gov-dod': {
    authority: 'https://login.microsoftonline.us',
    resource: 'https://outlook-dod.office365.us',
    appResource: 'https://outlook-dod.office365.us',
  },
  china: {
    authority: 'https://login.partner.microsoftonline.cn',
    resource: 'https://partner.outlook.cn',
    appResource: 'https://partner.outlook.cn',
  },
}

/** By their names, which follow the resource of the cloud. */
export const microsoftScopes: Record<Protocol, string> = {
  SMTP: 'SMTP.Send',
  IMAP: 'IMAP.AccessAsUser.All',
  POP: 'POP.AccessAsUser.All',
}

/** Google's one scope for SMTP, IMAP and POP; `gmail.send` does not admit SMTP. */
export const gmailScope = 'https://mail.google.com/'

/** Asked for beside those for mail, under several names; a provider need not list them as granted. */
export const scopesForAll: ReadonlySet<string> = new Set([
  'openid',
  'email',
  'profile',
  'offline_access',
])

/** How long Google lets a sign-in live while the app's publishing status is "Testing". */
export const googleTestingLifetimeMs = 7 * 24 * 60 * 60 * 1_000

interface Preset {
  endpoints: EndpointOverrides
  scopes: Record<Protocol, string[]>
}

/** As the two publish them for mail programs. */
export const presets: Record<NonNullable<AccountConfiguration['preset']>, Preset> = {
  fastmail: {
    endpoints: {
      authorization: 'https://api.fastmail.com/oauth/authorize',
      token: 'https://api.fastmail.com/oauth/refresh',
      revocation: 'https://api.fastmail.com/oauth/revoke',
    },
    scopes: {
      SMTP: ['https://www.fastmail.com/dev/protocol-smtp', 'offline_access'],
      IMAP: ['https://www.fastmail.com/dev/protocol-imap', 'offline_access'],
      POP: ['https://www.fastmail.com/dev/protocol-pop', 'offline_access'],
    },
  },
  yahoo: {
    endpoints: {
      authorization: 'https://api.login.yahoo.com/oauth2/request_auth',
      token: 'https://api.login.yahoo.com/oauth2/get_token',
      revocation: 'https://api.login.yahoo.com/oauth2/revoke',
    },
    scopes: { SMTP: ['mail-w'], IMAP: ['mail-r', 'mail-w'], POP: ['mail-r'] },
  },
}

/** The authority of an office365 account, with its tenant. */
export function microsoftAuthority({ authority, cloud, tenant }: AccountConfiguration): string {
  const origin = authority ?? clouds[cloud ?? 'global'].authority
  return `${origin.replace(/\/+$/, '')}/${tenant ?? 'common'}`
}

/** The scopes that an account asks for where its configuration names none. */
export function defaultScopes(
  configuration: AccountConfiguration,
  protocols: readonly Protocol[],
): string[] {
  const { provider, preset, cloud, grant } = configuration
  if (provider === 'office365') {
    const { resource, appResource } = clouds[cloud ?? 'global']
    if (grant === 'client_credentials') return [`${appResource}/.default`]
    return protocols.map((protocol) => `${resource}/${microsoftScopes[protocol]}`)
  }
  if (provider === 'gmail') return [gmailScope]
  if (preset === undefined) return []
  return [...new Set(protocols.flatMap((protocol) => presets[preset].scopes[protocol]))]
}
