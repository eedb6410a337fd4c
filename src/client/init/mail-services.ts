import type { AccountConfiguration } from '../../configuration/configuration.ts'

/** Where mail goes and comes from, each `HOST` or `HOST:PORT`. */
export interface MailHosts {
  smtp: string
  imap: string
}

interface MailService {
  /** What it is, for who does not know the name. */
  help: string
  /** What comes after `user` in [[account]], one line each. */
  lines: readonly string[]
  /** Whether the registration has a secret besides its id. */
  secret: 'needed' | 'none' | 'maybe'
  /** Where a client id comes from. */
  registration: string
  /** Whether an application can sign in there, and how it proves itself. */
  appOnly?: 'client_credentials' | 'service_account'
  /** Its users sign in by device code too. */
  hasDeviceCode: boolean
  hosts?: MailHosts
  /** Domains whose mailboxes are here for sure. */
  domains: readonly string[]
}

/** The services that `init` knows, each with what it puts into a configuration. */
export const mailServices = {
  office365: {
    help: 'Microsoft 365, of a company or school',
    lines: ['provider = "office365"'],
    secret: 'none',
    registration: 'the registration of an app: "cms-oauth init --registration office365" makes one',
    appOnly: 'client_credentials',
    hasDeviceCode: true,
    hosts: { smtp: 'smtp.office365.com', imap: 'outlook.office365.com' },
    domains: ['onmicrosoft.com'],
  },
  outlook: {
    help: 'Outlook.com, Hotmail, Live: a personal account',
    lines: ['provider = "office365"', 'tenant = "consumers"'],
    secret: 'none',
    registration: 'the registration of an app: see "cms-oauth init --registration outlook"',
    hasDeviceCode: true,
    hosts: { smtp: 'smtp-mail.outlook.com', imap: 'outlook.office365.com' },
    domains: ['outlook.com', 'hotmail.com', 'live.com', 'msn.com'],
  },
  gmail: {
    help: 'Gmail, and Google Workspace',
    lines: ['provider = "gmail"'],
    secret: 'needed',
    registration: 'the registration of an app: see "cms-oauth init --registration gmail"',
    appOnly: 'service_account',
    hasDeviceCode: false,
    hosts: { smtp: 'smtp.gmail.com', imap: 'imap.gmail.com' },
    domains: ['gmail.com', 'googlemail.com'],
  },
  fastmail: {
    help: 'Fastmail',
    lines: ['provider = "oidc"', 'preset = "fastmail"'],
    secret: 'none',
    registration: 'Fastmail, by mail to their partners desk',
    hasDeviceCode: false,
    hosts: { smtp: 'smtp.fastmail.com', imap: 'imap.fastmail.com' },
    domains: ['fastmail.com', 'fastmail.fm'],
  },
  yahoo: {
    help: 'Yahoo Mail',
    lines: ['provider = "oidc"', 'preset = "yahoo"'],
    secret: 'needed',
    registration: 'https://developer.yahoo.com, Apps',
    hasDeviceCode: false,
    hosts: { smtp: 'smtp.mail.yahoo.com', imap: 'imap.mail.yahoo.com' },
    domains: ['yahoo.com', 'ymail.com'],
  },
  other: {
    help: 'any other server with OAuth 2.0',
    lines: ['provider = "oidc"'],
    secret: 'maybe',
    registration: 'the administrator of that server',
    appOnly: 'client_credentials',
    hasDeviceCode: true,
    domains: [],
  },
} as const satisfies Record<string, MailService>

export type MailServiceName = keyof typeof mailServices

/** A service with the fields that not every one has. */
export function findService(name: MailServiceName): MailService {
  return mailServices[name]
}

/** The service that an address is likely at: most domains of companies are at Microsoft's. */
export function likelyService(address: string): MailServiceName {
  const domain = domainOf(address)
  const services = Object.entries<MailService>(mailServices)
  const found = services.find(([, { domains }]) =>
    domains.some((known) => domain === known || domain.endsWith(`.${known}`)),
  )
  return (found?.[0] ?? 'office365') as MailServiceName
}

/** The part of an address behind the "@". */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase()
}

/** The service of an account that is configured; `other` where its servers are not known. */
export function serviceOf(account: AccountConfiguration): MailServiceName {
  const { user, provider, preset, cloud = 'global', authority, tokenEndpoint, tenant } = account
  if (authority !== undefined || tokenEndpoint !== undefined || cloud !== 'global') return 'other'
  if (provider === 'oidc') return preset ?? 'other'
  if (provider === 'gmail') return 'gmail'
  const isPersonal = tenant === 'consumers' || likelyService(user) === 'outlook'
  return isPersonal ? 'outlook' : 'office365'
}
