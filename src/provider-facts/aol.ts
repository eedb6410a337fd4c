/**
 * AOL, which shares the machinery of Yahoo but has clients of its own. Sources:
 * https://developer.verizonmedia.com/imap-smtp/ and Thunderbird's OAuth2Providers
 * (github.com/mozilla/releases-comm-central).
 */
import type { MailService } from './mail-service.ts'
import type { ProviderFacts } from './provider-facts.ts'

/** Thunderbird asks for the one scope for every protocol; its words are Yahoo's. */
export const aol: ProviderFacts = {
  endpoints: {
    authorization: 'https://api.login.aol.com/oauth2/request_auth',
    token: 'https://api.login.aol.com/oauth2/get_token',
  },
  scopes: ['mail-w'],
  words: {},
}

/** Servers: https://help.aol.com/articles/how-do-i-use-other-email-applications-to-send-and-receive-my-aol-mail */
export const aolService: MailService = {
  help: 'AOL Mail',
  lines: ['provider = "oidc"', 'preset = "aol"'],
  secret: 'needed',
  registration: 'https://developer.yahoo.com, Apps; mail only after a review',
  hasDeviceCode: false,
  servers: { SMTP: 'smtp.aol.com:465', IMAP: 'imap.aol.com', POP: 'pop.aol.com' },
  domains: ['aol.*', 'aim.com'],
}
