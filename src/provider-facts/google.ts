/**
 * Google: Gmail and Google Workspace. Sources, where none is named:
 * https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
 * https://developers.google.com/identity/protocols/oauth2
 */
import type { MailService } from './mail-service.ts'
import type { ProviderFacts } from './provider-facts.ts'
import { protocolWords } from './scope-words.ts'

const dayMs = 24 * 60 * 60 * 1_000

/** The one scope for SMTP, IMAP and POP; `gmail.send` does not allow SMTP. */
export const gmailScope = 'https://mail.google.com/'
/** Sends by the API, and can neither read mail nor send by SMTP. */
export const gmailSendScope = 'https://www.googleapis.com/auth/gmail.send'

/** The limit is that of messages.send in https://gmail.googleapis.com/$discovery/rest?version=v1. */
export const gmailApi = { origin: 'https://gmail.googleapis.com', largestBytes: 35 * 1024 * 1024 }

/**
 * Where its endpoints are, unless the configuration says otherwise. They are no part of its facts: an
 * account of Google has none of its own, since its records are kept under the issuer `gmail`.
 */
export const googleEndpoints = {
  authorization: 'https://accounts.google.com/o/oauth2/v2/auth',
  token: 'https://oauth2.googleapis.com/token',
  revocation: 'https://oauth2.googleapis.com/revoke',
}

/** They tell whose mailbox it is, so that a sign-in with the wrong account is noticed. */
export const googleIdentityScopes = ['openid', 'email']

/** As it names itself in an id_token. */
export const googleIssuer = 'https://accounts.google.com'

/** How long it lets a sign-in live while the app's publishing status is "Testing". */
export const googleTestingLifetimeMs = 7 * dayMs

/** It does not replace refresh tokens. */
export const google = {
  scopes: [gmailScope],
  words: {
    [gmailScope]: {
      asked: 'Read, send and permanently delete all mail in this mailbox',
      missed: 'access to mail',
    },
    'gmail.send': protocolWords.SMTP,
  },
  whenScopesMissing: '{login}, and tick the box for mail on the page of Google',
  rotation: 'lenient',
  idleLimitMs: 182 * dayMs,
} as const satisfies ProviderFacts

/** The names of its mail servers. */
export const googleMailHost = /(?:^|\.)(?:gmail|googlemail|google)\.com$/i
/** How its access tokens begin. */
export const googleTokenPrefix = 'ya29.'

/** True for a client ID as Google gives it. */
export function isGoogleClientId(text: string): boolean {
  return text.endsWith('.apps.googleusercontent.com')
}

/** Of persons and of organizations: https://support.google.com/mail/answer/7126229 */
export const gmailService = {
  help: 'Gmail, and Google Workspace',
  lines: ['provider = "gmail"'],
  secret: 'needed',
  registration: 'the registration of an app: see "cms-oauth init --registration gmail"',
  clientId: { isOne: isGoogleClientId, example: '...apps.googleusercontent.com' },
  appOnly: 'service_account',
  hasDeviceCode: false,
  servers: { SMTP: 'smtp.gmail.com', IMAP: 'imap.gmail.com', POP: 'pop.gmail.com' },
  // https://support.google.com/a/answer/2956491
  otherServers: [
    'smtp-relay.gmail.com',
    'smtp.googlemail.com',
    'imap.googlemail.com',
    'pop.googlemail.com',
  ],
  domains: ['gmail.com', 'googlemail.com'],
} as const satisfies MailService
