/** Gmail and Google Workspace. */
import { appOnly as anyAppOnly } from './any-application.ts'
import type { RefusalRow, Remedy } from './refusal-row.ts'
import { revokedFirst } from './revoked-first.ts'

const provider = 'google'
const errors = 'https://support.google.com/a/answer/3726730'
const imap = 'https://support.google.com/mail/answer/7126229'
const xoauth2 = 'https://developers.google.com/workspace/gmail/imap/xoauth2-protocol'

/** A service account is let in by the Workspace, for addresses of its domain. */
const appOnly: Remedy = {
  endedBy: 'administrator',
  nextStep:
    'an administrator enters the client ID of the service account with the scope https://mail.google.com/ under "Domain-wide delegation" of the Admin console; {user} must be an address of that domain; it can take a day to take effect',
}

const otherAccount: Remedy & { meaning: string; isOfToken: true } = {
  isOfToken: true,
  endedBy: 'person',
  meaning: 'the server accepts this token for another account, or not at all',
  nextStep: `${revokedFirst}compare --user with who signed in, and the scopes with https://mail.google.com/ (gmail.send does not allow SMTP); then run "cms-oauth login {user}"`,
}

const onTheWeb: Remedy & { meaning: string } = {
  endedBy: 'owner',
  meaning: 'Google requires the owner of the mailbox to confirm the login on the web',
  nextStep: 'open {url} in a browser, log in to this mailbox, and try again after that',
}

const appPassword: Remedy & { meaning: string } = {
  endedBy: 'operator',
  meaning: 'a password was sent, but this account does not accept passwords',
  nextStep:
    'have the program that sent it log in with XOAUTH2 or OAUTHBEARER, not with PLAIN or LOGIN; cms-oauth sends tokens only',
}

/** Rows of Google's help pages and of what its servers were seen to say. */
export const google: readonly RefusalRow[] = [
  {
    provider,
    words:
      /web ?login required|log ?in via your web browser|log ?in with your web browser|\[WEBALERT /i,
    ...onTheWeb,
    example:
      'NO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)',
    source: imap,
  },
  {
    provider,
    protocols: ['SMTP'],
    enhanced: '5.7.14',
    ...onTheWeb,
    example: '534 5.7.14 <https://accounts.google.com/signin/continue?sarp=1>',
    source: errors,
  },
  {
    provider,
    words: /application-specific password required/i,
    ...appPassword,
    example: '534 5.7.9 Application-specific password required.',
    source: errors,
  },
  {
    provider,
    words: /less secure app|basicauth|support\.google\.com\/mail\/\?p=BadCredentials.*password/i,
    ...appPassword,
    example: 'NO [ALERT] Less secure apps are not permitted (Failure)',
    source: errors,
  },
  {
    provider,
    words: /(?:imap|pop3?) access is disabled for your domain|contact your domain administrator/i,
    endedBy: 'administrator',
    meaning: 'the Workspace has switched the protocol off',
    nextStep:
      'an administrator switches on "POP and IMAP access" for the user under Apps > Google Workspace > Gmail > End User Access of the Admin console',
    example:
      'NO [ALERT] IMAP access is disabled for your domain. Please contact your domain administrator for questions about this feature. (Failure)',
    source: 'https://support.google.com/a/answer/105694',
  },
  {
    provider,
    words: /not enabled for (?:imap|pop)/i,
    endedBy: 'owner',
    meaning: 'the protocol is off in the settings of the mailbox',
    nextStep:
      'switch it on at https://mail.google.com, Settings, "Forwarding and POP/IMAP"; where that is not shown, an administrator of the Workspace has switched it off',
    example:
      'NO [ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and enable your account for IMAP access. (Failure)',
    source: imap,
  },
  {
    provider,
    protocols: ['SMTP'],
    enhanced: '5.7.8',
    ...otherAccount,
    appOnly,
    example: '535 5.7.8 Username and Password not accepted.',
    source: errors,
  },
  {
    provider,
    protocols: ['IMAP', 'POP'],
    words: /username and password not accepted/i,
    ...otherAccount,
    appOnly,
    example: '-ERR [AUTH] Username and password not accepted.',
    source: errors,
  },
  {
    provider,
    protocols: ['IMAP'],
    words: /(?<!AUTHENTICATE )invalid credentials/i,
    ...otherAccount,
    appOnly,
    example: 'NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)',
    source: xoauth2,
  },
  {
    provider,
    protocols: ['IMAP'],
    words: /^BAD Invalid SASL argument/i,
    endedBy: 'operator',
    meaning: 'the server cannot read the credential',
    nextStep: 'check that nothing between here and the server cuts or encodes the line',
    example: 'BAD Invalid SASL argument.',
    source: xoauth2,
  },
  {
    provider,
    protocols: ['SMTP'],
    code: '530',
    words: /authentication required/i,
    endedBy: 'operator',
    meaning: 'mail was sent without a login',
    nextStep: 'switch on authentication in the mail program',
    example: '530 5.7.0 Authentication Required.',
    source: errors,
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
    isOfToken: true,
    meaning: 'the server did not take the token',
    nextStep: `${revokedFirst}compare --user with who signed in; then run "cms-oauth login {user}"`,
    appOnly: anyAppOnly,
    example: 'BAD Client aborted AUTHENTICATE command.',
    source: 'https://github.com/OfflineIMAP/offlineimap/issues/374',
  },
]
