/** What Exchange Online and the personal accounts of Microsoft say in SMTP. */
import { appOnly, oauthGuide } from './exchange-application.ts'
import type { RefusalRow, Remedy } from './refusal-row.ts'
import { revokedFirst } from './revoked-first.ts'

const provider = 'microsoft'
const submission =
  'https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/authenticated-client-smtp-submission'
const ndr =
  'https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online/non-delivery-reports-in-exchange-online'

const smtpAuthOff: Remedy & { meaning: string } = {
  endedBy: 'administrator',
  meaning: 'SMTP AUTH is off for the tenant or the mailbox',
  nextStep:
    'an administrator switches on "Authenticated SMTP" for the mailbox in the Exchange admin center: Set-CASMailbox -Identity {user} -SmtpClientAuthenticationDisabled $false; that overrides the setting of the tenant, and can take an hour to take effect',
}

const password: Remedy & { meaning: string } = {
  endedBy: 'operator',
  meaning: 'a password was sent, but passwords are switched off',
  nextStep:
    'have the program that sent it log in with XOAUTH2 or OAUTHBEARER, not with PLAIN or LOGIN; cms-oauth sends tokens only',
}

/** Rows for `535 5.7.139`, which its words tell apart, and similar codes. */
export const exchangeSmtp: readonly RefusalRow[] = [
  {
    provider,
    protocols: ['SMTP'],
    enhanced: '5.7.139',
    words: /SmtpClientAuthentication is disabled/i,
    ...smtpAuthOff,
    example:
      '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information.',
    source: submission,
  },
  {
    provider,
    protocols: ['SMTP'],
    enhanced: '5.7.139',
    words: /security defaults/i,
    endedBy: 'administrator',
    meaning: 'the Security Defaults of the tenant block SMTP, with OAuth too',
    nextStep:
      'only Graph can send in this tenant; an administrator can replace Security Defaults with Conditional Access policies',
    example:
      "535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy. Contact your administrator.",
    source: submission,
  },
  {
    provider,
    protocols: ['SMTP'],
    enhanced: '5.7.139',
    words: /did not meet the criteria/i,
    endedBy: 'administrator',
    meaning: 'the Conditional Access of the organization blocks it',
    nextStep:
      'an administrator must allow this application or machine in Conditional Access; the sign-in logs of Entra name the policy',
    example:
      '535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully. Contact your administrator.',
    source: submission,
  },
  {
    provider,
    enhanced: '5.7.139',
    words: /basic authentication is disabled/i,
    ...password,
    example: '535 5.7.139 Authentication unsuccessful, basic authentication is disabled.',
    source: submission,
  },
  {
    provider,
    enhanced: '5.7.30',
    words: /basic authentication is not supported/i,
    ...password,
    example: '550 5.7.30 Basic authentication is not supported for Client Submission.',
    source: submission,
  },
  {
    provider,
    protocols: ['SMTP'],
    enhanced: '5.7.139',
    words: /credentials were incorrect/i,
    endedBy: 'person',
    isOfToken: true,
    meaning: 'the token is not for this account',
    nextStep: `${revokedFirst}compare --user and sasl_user with who signed in; then run "cms-oauth login {user}" as that person`,
    appOnly,
    example: '535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.',
    source: submission,
  },
  {
    provider,
    protocols: ['SMTP'],
    enhanced: '5.7.139',
    ...smtpAuthOff,
    nextStep: `${smtpAuthOff.nextStep}; where it is on, the sign-in logs of Entra name the policy that blocks it`,
    example: '535 5.7.139 Authentication unsuccessful',
    source: submission,
  },
  {
    provider,
    protocols: ['SMTP'],
    enhanced: '5.7.3',
    endedBy: 'operator',
    isOfToken: true,
    meaning: 'the token or the identity is wrong',
    nextStep: `${revokedFirst}for a shared mailbox set sasl_user to the delegate; the scopes need SMTP.Send of outlook.office.com, not of Graph; compare --user with who signed in`,
    appOnly,
    example: '535 5.7.3 Authentication unsuccessful [AM0PR06CA0126.eurprd06.prod.outlook.com]',
    source: oauthGuide,
  },
  {
    provider,
    protocols: ['SMTP'],
    words: /user address provided is not valid/i,
    endedBy: 'operator',
    meaning: 'the address in user= is not valid',
    nextStep: 'correct user or sasl_user in the configuration, then run "cms-oauth reload"',
    example: '501 5.5.124 Invalid XOAUTH2 auth data. User address provided is not valid',
    source: 'https://github.com/tarickb/sasl-xoauth2/issues/110',
  },
  {
    provider,
    protocols: ['SMTP'],
    enhanced: '5.5.127',
    endedBy: 'operator',
    isOfToken: true,
    meaning: 'the token expires too soon for this server: HVE requires ten minutes',
    nextStep: 'set before_expiry = "20m", then run "cms-oauth refresh {user}"',
    example: '501 5.5.127 token expires',
    source: 'https://learn.microsoft.com/exchange/mail-flow-best-practices/high-volume-mails-m365',
  },
  {
    provider,
    protocols: ['SMTP'],
    words: /unrecognized authentication type/i,
    ...smtpAuthOff,
    example: '504 5.7.4 Unrecognized authentication type',
    source: submission,
  },
  {
    provider,
    protocols: ['SMTP'],
    enhanced: '5.7.57',
    stages: ['mail'],
    endedBy: 'operator',
    meaning: 'mail was sent without a login',
    nextStep: 'switch on authentication in the mail program',
    example: '530 5.7.57 Client not authenticated to send mail.',
    source: submission,
  },
  {
    provider,
    protocols: ['SMTP'],
    words: /SendAsDenied|does not have permissions to send as|\b5\.(?:2\.252|7\.60)\b/i,
    endedBy: 'administrator',
    meaning: 'this login is not allowed to send as the address in From',
    nextStep:
      'an administrator grants it: Add-RecipientPermission FROM -Trustee {user} -AccessRights SendAs',
    example: '554 5.2.252 SendAsDenied; user@domain.com not allowed to send as other@domain.com',
    source: ndr,
  },
  {
    provider,
    protocols: ['SMTP'],
    words: /bad outbound sender|spam abuse detected/i,
    endedBy: 'administrator',
    meaning: 'Microsoft blocked this sender because of spam',
    nextStep: 'an administrator releases it under "Restricted entities" in the Defender portal',
    example: '550 5.1.8 Access denied, bad outbound sender AS(42004)',
    source: ndr,
  },
  {
    provider,
    protocols: ['SMTP'],
    enhanced: '5.1.90',
    words: /limit for message recipients/i,
    endedBy: 'waits',
    meaning: 'the mailbox has sent to as many recipients as it may in a day',
    nextStep:
      'try again in {minutes}; if nobody sent that much, an administrator must check the mailbox',
    minutes: 60,
    example:
      "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
    source: ndr,
  },
  {
    provider,
    protocols: ['SMTP'],
    words: /traffic not accepted from this IP/i,
    endedBy: 'administrator',
    meaning:
      'Microsoft does not trust the mail of this organization yet, as with new and trial tenants',
    nextStep: 'an administrator must ask the support of Microsoft to lift the block',
    example:
      '550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP. AS(7171)',
    source: ndr,
  },
  {
    provider,
    protocols: ['SMTP'],
    enhanced: '4.7.66',
    endedBy: 'operator',
    meaning: 'the connection uses an old version of TLS',
    nextStep: 'have the program or the proxy in between use TLS 1.2 or newer',
    example: '421 4.7.66 TLS 1.0 and 1.1 are not supported.',
    source:
      'https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/opt-in-exchange-online-endpoint-for-legacy-tls-using-smtp-auth',
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
]
