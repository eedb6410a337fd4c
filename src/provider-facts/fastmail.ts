/**
 * Fastmail. Sources: https://www.fastmail.com/for-developers/integrating-with-fastmail/ and Thunderbird's
 * OAuth2Providers (github.com/mozilla/releases-comm-central).
 */
import type { MailService } from './mail-service.ts'
import type { ProviderFacts } from './provider-facts.ts'
import { protocolWords } from './scope-words.ts'

/** It is asked for one scope by protocol. */
export const fastmail: ProviderFacts = {
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
  words: {
    'protocol-smtp': protocolWords.SMTP,
    'protocol-imap': protocolWords.IMAP,
    'protocol-pop': protocolWords.POP,
  },
}

/** Servers: https://www.fastmail.help/hc/en-us/articles/1500000278342 */
export const fastmailService: MailService = {
  help: 'Fastmail',
  lines: ['provider = "oidc"', 'preset = "fastmail"'],
  secret: 'none',
  registration: 'Fastmail, by mail to their partners desk',
  hasDeviceCode: false,
  servers: { SMTP: 'smtp.fastmail.com', IMAP: 'imap.fastmail.com', POP: 'pop.fastmail.com' },
  domains: ['fastmail.com', 'fastmail.fm'],
}
