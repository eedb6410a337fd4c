/**
 * Yandex. Sources: https://yandex.ru/support/yandex-360/business/mail/ru/web/security/oauth and
 * Thunderbird's OAuth2Providers (github.com/mozilla/releases-comm-central). Its device flow has a grant
 * type of its own and its revocation takes access tokens only, so that neither is here.
 */
import type { MailService } from './mail-service.ts'
import type { ProviderFacts } from './provider-facts.ts'
import type { RefusalRow } from './refusals/refusal-row.ts'
import { protocolWords } from './scope-words.ts'

/** Nobody names a scope for POP. */
export const yandex: ProviderFacts = {
  endpoints: {
    authorization: 'https://oauth.yandex.com/authorize',
    token: 'https://oauth.yandex.com/token',
  },
  scopes: { SMTP: ['mail:smtp'], IMAP: ['mail:imap_full'] },
  words: { 'mail:smtp': protocolWords.SMTP, 'mail:imap_full': protocolWords.IMAP },
}

/** Servers: https://tech.yandex.com/oauth/doc/imap/index-docpage/ */
export const yandexService: MailService = {
  help: 'Yandex Mail',
  lines: ['provider = "oidc"', 'preset = "yandex"'],
  secret: 'maybe',
  registration: 'https://oauth.yandex.com/client/new',
  hasDeviceCode: false,
  servers: { SMTP: 'smtp.yandex.com:465', IMAP: 'imap.yandex.com' },
  domains: ['yandex.*', 'ya.ru'],
}

/** What its mail servers say, and nobody else. */
export const yandexRefusals: readonly RefusalRow[] = [
  {
    words: /does not have access rights to this service/i,
    endedBy: 'owner',
    meaning: 'mail programs are switched off in the settings of the mailbox',
    nextStep:
      'open the settings of the mailbox on the web and allow mail programs (IMAP or POP, with OAuth)',
    example:
      '535 5.7.8 Error: authentication failed: This user does not have access rights to this service',
    source: 'https://yandex.com/support/yandex-360/customers/mail/en/mail-clients/others',
  },
]
