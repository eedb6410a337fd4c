/** Where mail goes and comes from. */
export interface MailHosts {
  smtp: string
  imap: string
}

interface MailService {
  /** What stands beside `user` in [[account]], one line each. */
  lines: readonly string[]
  /** Whether the registration has a secret besides its id. */
  hasSecret: boolean
  /** Where a client id comes from. */
  registration: string
  hosts: MailHosts
  /** Domains whose mailboxes are here for sure. */
  domains: readonly string[]
}

/** The services that `init` knows, each with what it puts into a configuration. */
export const mailServices = {
  office365: {
    lines: ['provider = "office365"'],
    hasSecret: false,
    registration: 'https://entra.microsoft.com, App registrations (README, "Office365")',
    hosts: { smtp: 'smtp.office365.com', imap: 'outlook.office365.com' },
    domains: ['outlook.com', 'hotmail.com', 'live.com', 'onmicrosoft.com'],
  },
  gmail: {
    lines: ['provider = "gmail"'],
    hasSecret: true,
    registration: 'https://console.cloud.google.com, Clients (README, "Gmail")',
    hosts: { smtp: 'smtp.gmail.com', imap: 'imap.gmail.com' },
    domains: ['gmail.com', 'googlemail.com'],
  },
  fastmail: {
    lines: ['provider = "oidc"', 'preset = "fastmail"'],
    hasSecret: false,
    registration: 'Fastmail, by mail to their partners desk',
    hosts: { smtp: 'smtp.fastmail.com', imap: 'imap.fastmail.com' },
    domains: ['fastmail.com', 'fastmail.fm'],
  },
  yahoo: {
    lines: ['provider = "oidc"', 'preset = "yahoo"'],
    hasSecret: true,
    registration: 'https://developer.yahoo.com, Apps',
    hosts: { smtp: 'smtp.mail.yahoo.com', imap: 'imap.mail.yahoo.com' },
    domains: ['yahoo.com', 'ymail.com'],
  },
  other: {
    lines: [
      'provider = "oidc"',
      'authority = "https://login.example.org"   # EDIT: the issuer',
      'scopes = ["openid", "email", "offline_access"]   # EDIT: and those for mail',
    ],
    hasSecret: false,
    registration: 'the administrator of your mail server',
    hosts: { smtp: 'smtp.example.org', imap: 'imap.example.org' },
    domains: [],
  },
} as const satisfies Record<string, MailService>

export type MailServiceName = keyof typeof mailServices

/** The service that an address is likely at: most domains of companies are at Microsoft's. */
export function likelyService(address: string): MailServiceName {
  const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase()
  const services = Object.entries<MailService>(mailServices)
  const found = services.find(([, { domains }]) =>
    domains.some((known) => domain === known || domain.endsWith(`.${known}`)),
  )
  return (found?.[0] ?? 'office365') as MailServiceName
}
