/**
 * Zoho Mail, which takes tokens by IMAP and POP but not by SMTP. Sources:
 * https://www.zoho.com/mail/help/sasl-xoauth2-smtp-imap-pop-protocol-exchange.html (protocols, scopes)
 * https://www.zoho.com/accounts/protocol/oauth/multi-dc.html (data centers)
 * https://www.zoho.com/mail/help/imap-access.html (servers)
 */
import type { MailService } from './mail-service.ts'
import type { Endpoints, ProviderFacts } from './provider-facts.ts'
import type { RefusalRow } from './refusals/refusal-row.ts'
import { protocolWords } from './scope-words.ts'

function endpointsAt(accounts: string): Endpoints {
  return { authorization: `${accounts}/oauth/v2/auth`, token: `${accounts}/oauth/v2/token` }
}

/** The first is the one where none is named. */
export const zoho = {
  endpoints: endpointsAt('https://accounts.zoho.com'),
  clouds: {
    eu: endpointsAt('https://accounts.zoho.eu'),
    in: endpointsAt('https://accounts.zoho.in'),
    au: endpointsAt('https://accounts.zoho.com.au'),
    jp: endpointsAt('https://accounts.zoho.jp'),
    ca: endpointsAt('https://accounts.zohocloud.ca'),
    sa: endpointsAt('https://accounts.zoho.sa'),
    uk: endpointsAt('https://accounts.zoho.uk'),
  },
  scopes: { IMAP: ['ZOHOMAIL.PROTOCOL.IMAP'], POP: ['ZOHOMAIL.PROTOCOL.POP'] },
  words: {
    'ZOHOMAIL.PROTOCOL.IMAP': protocolWords.IMAP,
    'ZOHOMAIL.PROTOCOL.POP': protocolWords.POP,
  },
  // Without it there is no refresh token, and without `prompt` none after the first.
  authorizationParameters: { access_type: 'offline', prompt: 'consent' },
  // Its documents have the secret in the form, and refresh tokens that stay as they are.
  clientAuthentication: 'post',
  rotation: 'lenient',
} as const satisfies ProviderFacts

/** Those of mailboxes with Zoho's own addresses; organizations have `imappro`. */
export const zohoService: MailService = {
  help: 'Zoho Mail: reading by IMAP or POP, not sending',
  lines: ['provider = "oidc"', 'preset = "zoho"'],
  secret: 'needed',
  registration: 'https://api-console.zoho.com, "Self Client"',
  hasDeviceCode: false,
  servers: { IMAP: 'imap.zoho.com', POP: 'pop.zoho.com' },
  cloudServers: {
    eu: { IMAP: 'imap.zoho.eu', POP: 'pop.zoho.eu' },
    in: { IMAP: 'imap.zoho.in', POP: 'pop.zoho.in' },
    au: { IMAP: 'imap.zoho.com.au', POP: 'pop.zoho.com.au' },
    jp: { IMAP: 'imap.zoho.jp', POP: 'pop.zoho.jp' },
    ca: { IMAP: 'imap.zohocloud.ca', POP: 'pop.zohocloud.ca' },
    sa: { IMAP: 'imap.zoho.sa', POP: 'pop.zoho.sa' },
    uk: { IMAP: 'imap.zoho.uk', POP: 'pop.zoho.uk' },
  },
  otherServers: ['imappro.zoho.com', 'poppro.zoho.com'],
  domains: ['zoho.com', 'zohomail.com'],
}

/** What its mail servers say, and nobody else. */
export const zohoRefusals: readonly RefusalRow[] = [
  {
    words: /yet to enable (?:imap|pop)|disabled from accessing (?:imap|pop)/i,
    endedBy: 'owner',
    meaning: 'the protocol is off in the settings of the mailbox',
    nextStep: 'switch it on in the settings of the mailbox on the web, under "Mail Accounts"',
    example:
      'NO [ALERT] You are yet to enable IMAP for your account. Please contact your administrator',
    source: 'https://www.zoho.com/mail/help/imap-access.html',
  },
]
