/**
 * Microsoft: Exchange Online in its clouds, and the personal accounts. Sources, where none is named:
 * https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
 * https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
 */
import type { MailServers, MailService } from './mail-service.ts'
import type { ProviderFacts } from './provider-facts.ts'
import { protocolWords } from './scope-words.ts'

/** What differs between Microsoft's clouds: where people sign in, and whose mail the scopes name. */
export interface Cloud {
  authority: string
  /** Of the delegated scopes. */
  resource: string
  /** Of the scope that an application asks for itself. */
  appResource: string
  /** Microsoft Graph: https://learn.microsoft.com/graph/deployments */
  graph: string
  /** Where a person takes back by hand what an application was allowed: there is no revocation. */
  revocationPage?: string
}

/** By the names that the configuration has for them. */
export const clouds = {
  global: {
    authority: 'https://login.microsoftonline.com',
    resource: 'https://outlook.office.com',
    appResource: 'https://outlook.office365.com',
    graph: 'https://graph.microsoft.com',
    revocationPage: 'https://myapps.microsoft.com',
  },
  'us-gov-high': {
    authority: 'https://login.microsoftonline.us',
    resource: 'https://outlook.office365.us',
    appResource: 'https://outlook.office365.us',
    graph: 'https://graph.microsoft.us',
    revocationPage: 'https://myapps.microsoft.us',
  },
  'us-gov-dod': {
    authority: 'https://login.microsoftonline.us',
    resource: 'https://outlook-dod.office365.us',
    appResource: 'https://outlook-dod.office365.us',
    graph: 'https://dod-graph.microsoft.us',
    revocationPage: 'https://myapps.microsoft.us',
  },
  china: {
    authority: 'https://login.partner.microsoftonline.cn',
    resource: 'https://partner.outlook.cn',
    appResource: 'https://partner.outlook.cn',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
  },
} as const satisfies Record<string, Cloud>

/** The one of that name; without a name, or with that of somebody else's, the global one. */
export function findCloud(name: string = 'global'): Cloud {
  return Object.hasOwn(clouds, name) ? clouds[name as keyof typeof clouds] : clouds.global
}

/** The permission of Graph that sends, and cannot read. */
export const sendPermission = 'Mail.Send'
/**
 * Of a message that Graph takes: 4 MB of a request in base64. To a larger one it was seen to answer 200
 * and send nothing: https://github.com/microsoftgraph/microsoft-graph-docs/issues/13979
 */
export const graphLargestBytes = 3_000_000

/** The page for the personal accounts. */
export const personalRevocationPage = 'https://account.live.com/consent/Manage'

const dayMs = 24 * 60 * 60 * 1_000

/** Its scopes are names, which follow the resource of the cloud. */
export const microsoft = {
  scopes: { SMTP: ['SMTP.Send'], IMAP: ['IMAP.AccessAsUser.All'], POP: ['POP.AccessAsUser.All'] },
  words: {
    'SMTP.Send': protocolWords.SMTP,
    'IMAP.AccessAsUser.All': protocolWords.IMAP,
    'POP.AccessAsUser.All': protocolWords.POP,
    [sendPermission]: protocolWords.SMTP,
  },
  whenScopesMissing:
    'add {names} to the API permissions of the app registration and {login}; in an organization an administrator may have to consent first',
  // https://learn.microsoft.com/entra/identity-platform/refresh-tokens: a new one does not revoke the old.
  rotation: 'lenient',
  idleLimitMs: 90 * dayMs,
  // https://learn.microsoft.com/entra/identity-platform/reply-url: the port of localhost alone is ignored.
  redirectUri: 'http://localhost',
  redirectPath: '',
  discoveryPath: '/v2.0/.well-known/openid-configuration',
} as const satisfies ProviderFacts

/** Names that stand for tenants of many organizations, or of none. */
export const multiTenantNames = ['common', 'organizations', 'consumers']
/** The tenant that all personal accounts are in. */
export const personalTenant = '9188040d-6c67-4c5b-b112-36a304b66dad'

/** What Exchange Online's scopes may have before their names: its hosts, and its application ID. */
export const exchangeResource =
  /^(https:\/\/(partner\.)?(outlook|ps)[\w.-]*|00000002-0000-0ff1-ce00-000000000000)\//i
/** What the permission of Graph that sends may have before its name; others of Graph are not for mail. */
export const graphResource = /^https:\/\/[\w-]*graph\.[\w.-]+\/(?=Mail\.Send$)/i
/** The audience of a token for Exchange Online, by its names and by its application ID. */
export const exchangeAudience = /outlook|^00000002-0000-0ff1-ce00-000000000000$/i

/** The names of its mail servers. */
export const microsoftMailHost =
  /(?:^|\.)(?:office365\.(?:com|us)|outlook\.(?:com|cn)|office\.com|hotmail\.com|live\.com)$/i
/** The issuer in its tokens. */
export const microsoftIssuer =
  /^https:\/\/(?:sts\.windows\.net|login\.microsoftonline\.(?:com|us)|sts\.chinacloudapi\.cn|login\.partner\.microsoftonline\.cn)\//

/** True for an ID as Microsoft gives them to applications, tenants and secrets. */
export function isGuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
}

/** True for what a tenant can be called: its ID, a domain, or a name that stands for several. */
export function isTenant(text: string): boolean {
  const isDomain = text.includes('.') && !/^\.|\.$|\.\./.test(text)
  return isDomain || isGuid(text) || multiTenantNames.includes(text)
}

const globalServers = {
  SMTP: 'smtp.office365.com',
  IMAP: 'outlook.office365.com',
  POP: 'outlook.office365.com',
}

const cloudServers: Record<keyof typeof clouds, MailServers> = {
  global: globalServers,
  'us-gov-high': {
    SMTP: 'smtp.office365.us',
    IMAP: 'outlook.office365.us',
    POP: 'outlook.office365.us',
  },
  'us-gov-dod': {
    SMTP: 'outlook-dod.office365.us',
    IMAP: 'outlook-dod.office365.us',
    POP: 'outlook-dod.office365.us',
  },
  china: {
    SMTP: 'smtp.partner.outlook.cn',
    IMAP: 'partner.outlook.cn',
    POP: 'partner.outlook.cn',
  },
}

const clientId = { isOne: isGuid, example: '01234567-89ab-cdef-0123-456789abcdef' }

/** Mailboxes of organizations. */
export const office365Service = {
  help: 'Microsoft 365, of a company or school',
  lines: ['provider = "office365"'],
  secret: 'none',
  registration:
    'the registration of an app: "cms-oauth init --registration office365" prints a script that makes one',
  clientId,
  appOnly: 'client_credentials',
  hasDeviceCode: true,
  servers: globalServers,
  cloudServers,
  // https://learn.microsoft.com/exchange/mail-flow-best-practices/high-volume-mails-m365
  otherServers: ['smtp-hve.office365.com'],
  domains: ['onmicrosoft.com'],
} as const satisfies MailService

/** Mailboxes of persons: https://support.microsoft.com/office/d088b986-291d-42b8-9564-9c414e2aa040 */
export const outlookService = {
  help: 'Outlook.com, Hotmail, Live: a personal account',
  lines: ['provider = "office365"', 'tenant = "consumers"'],
  secret: 'none',
  registration: 'the registration of an app: see "cms-oauth init --registration outlook"',
  clientId,
  hasDeviceCode: true,
  servers: {
    SMTP: 'smtp-mail.outlook.com',
    IMAP: 'outlook.office365.com',
    POP: 'outlook.office365.com',
  },
  otherServers: ['imap-mail.outlook.com', 'pop-mail.outlook.com'],
  domains: ['outlook.*', 'hotmail.*', 'live.*', 'msn.*', 'passport.*'],
} as const satisfies MailService
