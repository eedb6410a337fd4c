/**
 * Yahoo. Sources: https://developer.yahoo.com/oauth2/guide/, https://senders.yahooinc.com/developer/documentation/
 * and Thunderbird's OAuth2Providers (github.com/mozilla/releases-comm-central).
 */
import type { MailService } from './mail-service.ts'
import type { ProviderFacts } from './provider-facts.ts'
import type { RefusalRow } from './refusals/refusal-row.ts'

/** Reading and writing mail are scopes of their own. */
export const yahoo: ProviderFacts = {
  endpoints: {
    authorization: 'https://api.login.yahoo.com/oauth2/request_auth',
    token: 'https://api.login.yahoo.com/oauth2/get_token',
    revocation: 'https://api.login.yahoo.com/oauth2/revoke',
  },
  scopes: { SMTP: ['mail-w'], IMAP: ['mail-r', 'mail-w'], POP: ['mail-r'] },
  words: {
    'mail-r': { asked: 'Read mail in this mailbox', missed: 'reading mail' },
    'mail-w': {
      asked: 'Write, send and delete mail in this mailbox',
      missed: 'sending and deleting mail',
    },
  },
}

/** Servers: https://help.yahoo.com/kb/SLN4075.html */
export const yahooService: MailService = {
  help: 'Yahoo Mail',
  lines: ['provider = "oidc"', 'preset = "yahoo"'],
  secret: 'needed',
  registration: 'https://developer.yahoo.com, Apps',
  hasDeviceCode: false,
  servers: { SMTP: 'smtp.mail.yahoo.com', IMAP: 'imap.mail.yahoo.com', POP: 'pop.mail.yahoo.com' },
  // AT&T's customers sign in here: Thunderbird's OAuth2Providers has att.net.
  otherServers: ['smtp.mail.att.net', 'imap.mail.att.net'],
  domains: ['yahoo.com', 'ymail.com'],
}

/** What its mail servers say, and nobody else. */
export const yahooRefusals: readonly RefusalRow[] = [
  {
    protocols: ['SMTP'],
    words: /#AUTH005/,
    endedBy: 'waits',
    meaning: 'there were too many attempts',
    nextStep: 'try again in {minutes}',
    minutes: 60,
    example: '535 5.7.0 (#AUTH005) Too many bad auth attempts.',
    source: 'https://senders.yahooinc.com/smtp-error-codes/',
  },
]
