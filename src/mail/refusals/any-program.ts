/** What Postfix, Exim and other programs say of themselves, whoever runs them. */
import { appOnly } from './any-remedy.ts'
import type { RefusalRow } from './refusal-row.ts'

const submission =
  'use the submission server of your provider, at port 587 or 465, with a login in the mail program'
const postfix = 'https://www.postfix.org/postconf.5.html'

/** Rows for words that no single provider has for itself. */
export const anyProgram: readonly RefusalRow[] = [
  {
    protocols: ['SMTP'],
    words: /sender address rejected: not (?:owned|logged in)|relaying disallowed as/i,
    endedBy: 'operator',
    meaning: 'this account may not send under that address',
    nextStep: 'send under the address of the account, or have the server allow the other one',
    example: '553 5.7.1 <a@b.example>: Sender address rejected: not owned by user user@domain.com',
    source: `${postfix}#reject_sender_login_mismatch`,
  },
  {
    protocols: ['SMTP'],
    words: /relay(?:ing)? (?:access )?(?:denied|not permitted)/i,
    endedBy: 'operator',
    meaning: 'mail was sent without a login, or to another server than the one for submission',
    nextStep: submission,
    example: '554 5.7.1 <x@y.example>: Relay access denied',
    source: `${postfix}#smtpd_relay_restrictions`,
  },
  {
    protocols: ['SMTP'],
    words: /authentication not enabled|AUTH command used when not advertised/i,
    endedBy: 'operator',
    meaning: 'this port takes no login',
    nextStep: submission,
    example: '503 5.5.1 Error: authentication not enabled',
    source: `${postfix}#smtpd_sasl_auth_enable`,
  },
  {
    words: /connection lost to authentication server/i,
    endedBy: 'waits',
    meaning: 'the server cannot ask who may log in',
    nextStep: 'try again in {minutes}',
    minutes: 5,
    example: '535 5.7.8 Error: authentication failed: Connection lost to authentication server',
    source: 'https://www.postfix.org/SASL_README.html',
  },
  {
    words: /application password is required|parol prilozheniya/i,
    endedBy: 'operator',
    meaning: 'the server took the token for a password',
    nextStep: 'have the mail program log in by XOAUTH2 or OAUTHBEARER, not by PLAIN or LOGIN',
    example: '535 5.7.0 NEOBHODIM parol prilozheniya / Application password is REQUIRED',
    source: 'https://help.mail.ru/mail/security/protection/external',
  },
  {
    protocols: ['SMTP'],
    stages: ['greeting'],
    words: /ESMTP service not available/i,
    endedBy: 'waits',
    meaning: 'the server does not talk to this network now',
    nextStep: 'try again in {minutes}; if it keeps happening, submit from another network',
    minutes: 30,
    example: '554 gmx.net (mrgmx001) Nemesis ESMTP Service not available',
    source: 'https://postmaster.gmx.net/en/error-messages',
  },
  {
    protocols: ['IMAP'],
    code: 'NO',
    words: /invalid credentials or IMAP is disabled/i,
    endedBy: 'owner',
    meaning:
      'mail programs are switched off in the settings of the mailbox, or the token is of another',
    nextStep:
      'open the settings of the mailbox on the web and allow IMAP with OAuth; then compare --user with that mailbox',
    example: 'NO [AUTHENTICATIONFAILED] AUTHENTICATE Invalid credentials or IMAP is disabled',
    source: 'https://github.com/Foundry376/Mailspring/issues/904',
  },
  {
    provider: 'microsoft',
    protocols: ['SMTP'],
    words: /tenant has exceeded threshold/i,
    endedBy: 'administrator',
    meaning: 'the organization has sent too much, and may not send for now',
    nextStep: 'an administrator must clear it with the support of Microsoft',
    example: '550 5.7.705 Access denied, tenant has exceeded threshold',
    source:
      'https://learn.microsoft.com/troubleshoot/exchange/antispam/tenant-has-exceeded-threshold',
  },
  {
    provider: 'microsoft',
    protocols: ['POP'],
    words: /^-ERR Logon failure/i,
    endedBy: 'operator',
    meaning: 'the server does not accept the token',
    nextStep:
      'compare --user with who signed in, and the scopes with the protocol (POP.AccessAsUser.All of outlook.office.com, not of Graph)',
    appOnly,
    example: '-ERR Logon failure: unknown user name or bad password.',
    source:
      'https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth',
  },
  {
    provider: 'google',
    protocols: ['SMTP'],
    words: /invalid credentials for relay/i,
    endedBy: 'administrator',
    meaning: 'the relay of the organization does not know this network',
    nextStep:
      'an administrator must list it under "SMTP relay service" of the Admin console; or use smtp.gmail.com, which takes the login',
    example: '550 5.7.1 Invalid credentials for relay [192.0.2.1].',
    source: 'https://support.google.com/a/answer/6140680',
  },
  {
    provider: 'google',
    protocols: ['IMAP'],
    words: /^BAD Client aborted AUTHENTICATE/i,
    endedBy: 'person',
    meaning: 'the server did not take the token',
    nextStep: 'compare --user with who signed in; then run "cms-oauth login {user}"',
    appOnly,
    example: 'BAD Client aborted AUTHENTICATE command.',
    source: 'https://github.com/OfflineIMAP/offlineimap/issues/374',
  },
]
