/**
 * Mail.ru. Sources: https://id.vk.com/about/business/go/docs/ru/vkid/latest/oauth/oauth-mail/index, and
 * for SMTP, which takes the token for IMAP, Thunderbird's OAuth2Providers
 * (github.com/mozilla/releases-comm-central).
 */
import type { MailService } from './mail-service.ts'
import type { ProviderFacts } from './provider-facts.ts'
import type { RefusalRow } from './refusals/refusal-row.ts'

/** `mail.imap` is given together with `userinfo` only; nobody names a scope for POP. */
export const mailRu: ProviderFacts = {
  endpoints: {
    authorization: 'https://oauth.mail.ru/login',
    token: 'https://oauth.mail.ru/token',
  },
  scopes: { SMTP: ['userinfo', 'mail.imap'], IMAP: ['userinfo', 'mail.imap'] },
  words: {
    'mail.imap': { asked: 'Read, send and delete mail in this mailbox', missed: 'access to mail' },
    userinfo: { asked: 'See the address you sign in with', missed: 'your address' },
  },
}

/** Servers: https://help.mail.ru/mail/mailer/popsmtp/ */
export const mailRuService: MailService = {
  help: 'Mail.ru',
  lines: ['provider = "oidc"', 'preset = "mailru"'],
  secret: 'needed',
  registration: 'https://o2.mail.ru/app/; since July 2025 Mail.ru decides on each request',
  hasDeviceCode: false,
  servers: { SMTP: 'smtp.mail.ru:465', IMAP: 'imap.mail.ru' },
  domains: ['mail.ru', 'inbox.ru', 'list.ru', 'bk.ru'],
}

/** What its mail servers say, and nobody else. */
export const mailRuRefusals: readonly RefusalRow[] = [
  {
    words: /application password is required|parol prilozheniya/i,
    endedBy: 'operator',
    meaning: 'the server took the token for a password',
    nextStep: 'have the mail program log in by XOAUTH2 or OAUTHBEARER, not by PLAIN or LOGIN',
    example: '535 5.7.0 NEOBHODIM parol prilozheniya / Application password is REQUIRED',
    source: 'https://help.mail.ru/mail/security/protection/external',
  },
]
