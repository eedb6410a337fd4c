/** Every mail service that `init` offers: the one list. */
import { aolService } from './aol.ts'
import { fastmailService } from './fastmail.ts'
import { gmailService } from './google.ts'
import { mailRuService } from './mail-ru.ts'
import type { MailServers, MailService } from './mail-service.ts'
import { office365Service, outlookService } from './microsoft.ts'
import { namesOf, type PresetName } from './providers.ts'
import { withoutOauth } from './without-oauth.ts'
import { yahooService } from './yahoo.ts'
import { yandexService } from './yandex.ts'
import { zohoService } from './zoho.ts'

const ofPresets = {
  fastmail: fastmailService,
  yahoo: yahooService,
  aol: aolService,
  yandex: yandexService,
  mailru: mailRuService,
  zoho: zohoService,
} as const satisfies Record<PresetName, MailService>

/** By the names that are offered. */
export const mailServices = {
  office365: office365Service,
  outlook: outlookService,
  gmail: gmailService,
  ...ofPresets,
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

/** The service whose mailboxes have addresses like this one; undefined: not known. */
export function serviceOfAddress(address: string): MailServiceName | undefined {
  return namesOf<MailServiceName>(mailServices).find((name) => isOf(findService(name), address))
}

/** Who keeps mailboxes with addresses like this one, and does not offer OAuth; undefined: not known. */
export function withoutOauthAt(address: string) {
  return Object.values(withoutOauth).find((known) => isOf(known, address))
}

function isOf({ domains }: { domains: readonly string[] }, address: string): boolean {
  const domain = domainOf(address)
  return domains.some((known) => isOfDomain(domain, known))
}

/** The part of an address behind the "@". */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase()
}

/** `example.fr`, `example.com`, `example.co.uk`. */
const anyTop = /^[^.]+\.[a-z]{2,3}(?:\.[a-z]{2})?$/

function isOfDomain(domain: string, known: string): boolean {
  if (known.endsWith('.*')) return anyTop.test(domain) && domain.startsWith(known.slice(0, -1))
  return domain === known || domain.endsWith(`.${known}`)
}

/** The mail servers of all services and clouds, each once and without its port. */
export const mailServers: readonly string[] = [
  ...new Set(
    Object.values<MailService>(mailServices).flatMap(
      ({ servers = {}, otherServers = [], cloudServers = {} }) => [
        ...Object.values(servers).map(withoutPort),
        ...otherServers,
        ...Object.values<MailServers>(cloudServers).flatMap((each) => Object.values(each)),
      ],
    ),
  ),
]

function withoutPort(server: string): string {
  return server.replace(/:\d+$/, '')
}
